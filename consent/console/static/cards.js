// On a telephone a row becomes a card (console.css): each cell then needs the name of its column, and the table must go on
// telling assistive technology that it is one, because `display: block` takes that away.

const ROLES = { TABLE: 'table', THEAD: 'rowgroup', TBODY: 'rowgroup', TR: 'row', TD: 'cell' };

export function cards(root) {
  for (const table of root.querySelectorAll('.scroll > table:not(.heat:not(.rates), .dense, .cards)')) {
    const names = [...(table.tHead?.rows[0].cells ?? [])].map((cell) => cell.textContent.trim());
    if (!names.length) continue;
    table.classList.add('cards');
    for (const part of [table, ...table.querySelectorAll('thead, tbody, tr, th, td')]) {
      part.setAttribute('role', ROLES[part.tagName] ?? (part.closest('thead') ? 'columnheader' : 'rowheader'));
    }
    for (const row of table.querySelectorAll('tbody tr')) label(row, names);
  }
}

function label(row, names) {
  let column = 0;
  for (const cell of row.cells) {
    if (cell.colSpan === 1 && names[column]) cell.dataset.label = names[column];
    if (!cell.textContent.trim() && !cell.querySelector('input, select, textarea, button')) cell.classList.add('void');
    column += cell.colSpan;
  }
}
