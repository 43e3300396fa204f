for (const button of document.querySelectorAll("table.sortable thead button")) {
  button.addEventListener("click", () => {
    const head = button.closest("th"), body = head.closest("table").tBodies[0], column = head.cellIndex;
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const key = (row) => {
      const cell = row.cells[column];
      return cell.dataset.k === undefined ? cell.textContent.trim() : Number(cell.dataset.k);
    };
    const order = (a, b) => {
      if (typeof a === "number" && typeof b === "number") return down ? b - a : a - b;
      if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
      if (!a || !b) return a ? -1 : b ? 1 : 0;
      return (down ? -1 : 1) * a.localeCompare(b, undefined, { numeric: true });
    };
    const rows = [...body.rows].map((row) => [key(row), row]);
    rows.sort((one, other) => order(one[0], other[0]));
    body.append(...rows.map((pair) => pair[1]));
  });
}
