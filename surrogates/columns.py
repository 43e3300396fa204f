"""What the model columns are: numbers, one-hot codes, blocks of descriptors, fingerprints."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self, TypeAlias

from zosimos.core.parameter import Parameter
from zosimos.core.space import SearchSpace
from zosimos.surrogates.committee.view import blocks

Block: TypeAlias = tuple[int, ...]


@dataclass(frozen=True)
class ColumnKinds:
    """The kind of each model column; together the four kinds hold each column 0 ... width - 1 exactly once.

    Args:
        numeric: columns with a length scale each, the declared ranges scaled to [0, 1].
        categories: the one-hot columns of one categorical parameter, for each of them.
        descriptors: columns that describe one thing (a ligand, a composition), each scaled to [0, 1]; a block shares
            one relevance.
        fingerprints: bits or counts of one molecule, compared by Tanimoto similarity; a block shares one relevance.

    Raises:
        ValueError: a column is missing or named twice, or a block is empty.
    """

    numeric: Block = ()
    categories: tuple[Block, ...] = ()
    descriptors: tuple[Block, ...] = ()
    fingerprints: tuple[Block, ...] = ()

    def __post_init__(self) -> None:
        blocks = self.parts
        if not all(blocks) or sorted(column for block in blocks for column in block) != list(range(self.width)):
            raise ValueError(f"each column 0 ... width - 1 must be named once, not {blocks}")
        if not blocks:
            raise ValueError("there is no column")

    @classmethod
    def all_numeric(cls, width: int) -> Self:
        """Return ``width`` numeric columns."""
        return cls(numeric=tuple(range(width)))

    @classmethod
    def of(cls, space: SearchSpace) -> Self:
        """Return the kinds of a space's model columns: one block for each parameter that has one."""
        numeric: list[int] = []
        categories: list[Block] = []
        descriptors: list[Block] = []
        start = 0
        for parameter in space.parameters:
            columns = tuple(range(start, start + parameter.width))
            start += parameter.width
            match parameter.columns:
                case "numeric":
                    numeric += columns
                case "descriptors":
                    descriptors.append(columns)
                case "categories":
                    categories.append(columns)
        return cls(tuple(numeric), tuple(categories), tuple(descriptors))

    @property
    def parts(self) -> tuple[Block, ...]:
        """What has one relevance each: every numeric column, then the categories, descriptor blocks, fingerprints."""
        singles = tuple((column,) for column in self.numeric)
        return singles + self.categories + self.descriptors + self.fingerprints

    @property
    def width(self) -> int:
        """Number of model columns."""
        return sum(len(block) for block in self.parts)


def groups_of(parameters: Iterable[Parameter]) -> tuple[Block, ...]:
    """Return the model columns that share one relevance, in their order: numeric ones by themselves.

    >>> from zosimos.core.parameters import Categorical, Continuous
    >>> groups_of([Continuous("x", 0, 1), Categorical("c", ("a", "b")), Continuous("y", 0, 1)])
    ((0,), (1, 2), (3,))
    """
    widths = ([1] * p.width if p.columns == "numeric" else [p.width] for p in parameters)
    return blocks([width for part in widths for width in part])
