"""Many columns, few that matter: a Gaussian process with sparse length scales.

Eriksson and Jankowiak 2021 ("High-Dimensional Bayesian Optimization with Sparse Axis-Aligned Subspaces", arXiv
2103.00349) put half-Cauchy priors on inverse squared length scales, ``tau / l_i^2 ~ HC(1)`` with a shrinkage tau ~
HC(0.1), and sample; here the hyper-parameters are maximum a posteriori ones. As in BoTorch's additive MAP model, the
covariance is a sum of kernels with different tau; these are set to fixed quantiles of their prior, not drawn.
"""

from __future__ import annotations

import math

import torch
from botorch.fit import fit_gpytorch_mll
from botorch.models.gp_regression import SingleTaskGP
from botorch.models.map_saas import add_saas_prior, get_mean_module_with_normal_prior
from botorch.models.model import Model
from botorch.models.transforms.outcome import Standardize
from botorch.utils.constraints import LogTransformedInterval
from gpytorch.kernels import AdditiveKernel, MaternKernel, ScaleKernel
from gpytorch.mlls import ExactMarginalLogLikelihood
from linear_operator.utils.errors import NanError
from torch import Tensor

from zosimos.surrogates.cards import ModelCard
from zosimos.surrogates.gaussian.exact import FAILURES, PerOutcome, no_spread, unfitted, usable_noise
from zosimos.surrogates.quiet import quiet

_SHRINKAGES = tuple(0.1 * math.tan(math.pi / 2 * (k + 0.5) / 4) for k in range(4))  # quantiles of HC(0.1)
_ITERATIONS = 100  # of L-BFGS: twice as many took twice the time, fitted the noise and covered less


class SaasGP(PerOutcome):
    """A Gaussian process with sparse length scales for each quantity.

    A :class:`~zosimos.surrogates.protocol.Surrogate` for ten to a hundred columns. Cost: O(n^2 (n + d)) a step of at
    most 100; 50 rows of 50 columns take about one second on one core. Known uncertainties of all rows are the noise.
    """

    def relevance(self, outcome: int = 0) -> Tensor:
        """Return how fast an outcome changes along each column: ``d`` inverse length scales, in 1 / column range.

        That of a column is the root mean square over the kernels of the sum, each weighed by its share of the variance,
        which is the covariance's curvature along that column.

        Raises:
            RuntimeError: nothing was fitted yet.
            IndexError: there is no such outcome.
        """
        kernels = self._processes()[outcome].covar_module.kernels
        shares = torch.stack([kernel.outputscale for kernel in kernels]).detach()
        inverse = torch.stack([kernel.base_kernel.lengthscale.flatten() for kernel in kernels]).detach().reciprocal()
        return ((shares / shares.sum()) @ inverse.square()).sqrt()

    def card(self) -> ModelCard:
        """Return what the fitted process is.

        Raises:
            RuntimeError: nothing was fitted yet.
        """
        rows = 0
        values: dict[str, float | tuple[float, ...]] = {"shrinkages tau": _SHRINKAGES}
        for index, model in enumerate(self._processes()):
            rows = max(rows, len(model.train_targets))
            values[f"relevance of the columns, outcome {index}"] = tuple(self.relevance(index).tolist())
            values[f"noise variance, outcome {index} (of the outcome's)"] = (
                model.likelihood.noise.detach().mean().item()
            )
        return ModelCard(
            name="saas",
            models="Each quantity as a Gaussian process in which most columns hardly matter.",
            hyperparameters=values,
            selection=f"Maximum a posteriori, stopped after {_ITERATIONS} L-BFGS iterations; tau fixed.",
            assumptions=(
                "few columns matter",
                "the function is smooth along them",
                "noise is normal and the same everywhere",
            ),
            failures=(
                "all columns matter a little: shrinkage leaves some out, and the variance does not know",
                "columns that carry the same information: one of them is picked",
                "fewer rows than about three for each column that matters",
            ),
            source="Eriksson and Jankowiak 2021, arXiv 2103.00349; BoTorch's map_saas",
            rows=rows,
            notes=self.notes,
        )

    def _fit_outcome(self, X: Tensor, Y: Tensor, Yvar: Tensor) -> tuple[Model, str]:
        noise = usable_noise(Y, Yvar)

        def make() -> SingleTaskGP:
            return _prior_model(X, Y, noise)

        if why := no_spread(Y):
            return unfitted(make), f"{why}: prior hyper-parameters are used"
        try:
            return _fitted(make()).requires_grad_(False), ""
        except FAILURES as error:
            return unfitted(make), f"the fit failed ({type(error).__name__}): prior hyper-parameters are used"


def _prior_model(X: Tensor, Y: Tensor, noise: Tensor | None) -> SingleTaskGP:
    """Return an unfitted model of ``n x d`` points, ``n x 1`` outcomes and known variances, if any."""
    terms = []
    for tau in _SHRINKAGES:
        base = MaternKernel(nu=2.5, ard_num_dims=X.shape[-1]).double()
        add_saas_prior(base, tau=torch.tensor(tau, dtype=torch.double))
        terms.append(ScaleKernel(base, outputscale_constraint=LogTransformedInterval(1e-2, 1e4, initial_value=1.0)))
    with quiet():
        return SingleTaskGP(
            X,
            Y,
            noise,
            mean_module=get_mean_module_with_normal_prior(),
            covar_module=AdditiveKernel(*terms),
            outcome_transform=Standardize(m=1),
        )


def _fitted(model: SingleTaskGP) -> SingleTaskGP:
    options = {"options": {"maxiter": _ITERATIONS}}
    with quiet():
        fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model), optimizer_kwargs=options, max_attempts=1)
        with torch.no_grad():
            belief = model.posterior(model.train_inputs[0][:1])
            if not (belief.mean.isfinite().all() and belief.variance.isfinite().all()):
                raise NanError("the predictions are not finite")
    return model
