
(() => {
  'use strict';
  const table = document.getElementById('findings-table');
  const form = document.getElementById('filter');
  const shown = document.getElementById('shown');
  const none = document.getElementById('no-finding');
  const findings = Array.from(table.tBodies, (body, index) => ({ body, index, text: null }));
  const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

  // What a column is ordered by; ties keep the order in which the page was written.
  const columns = {
    status: finding => Number(finding.body.dataset.rank),
    severity: finding => -Number(finding.body.dataset.weight),
    control: finding => finding.body.rows[0].querySelector('.id').textContent,
    site: finding => finding.body.dataset.site,
    server: finding => finding.body.dataset.server,
    target: finding => finding.body.rows[0].querySelector('.target').textContent,
    rule: finding => finding.body.rows[0].querySelector('.rule').textContent,
  };

  const chosen = name => new Set(Array.from(form.querySelectorAll(`input[name="${name}"]:checked`), box => box.value));
  const value = name => form.elements[name] ? form.elements[name].value : '';

  function filter() {
    const statuses = chosen('status');
    const severities = chosen('severity');
    const [site, area, server] = ['site', 'area', 'server'].map(value);
    const words = value('text').toLowerCase().split(/\s+/).filter(word => word);
    let count = 0;
    for (const finding of findings) {
      const data = finding.body.dataset;
      if (words.length > 0 && finding.text === null) {
        finding.text = finding.body.textContent.toLowerCase();
      }
      const fits = statuses.has(data.status) && severities.has(data.severity)
        && (site === '' || data.site === site) && (area === '' || data.area === area) && (server === '' || data.server === server)
        && words.every(word => finding.text.includes(word));
      finding.body.hidden = !fits;
      count += fits ? 1 : 0;
    }
    shown.value = `${count} of ${findings.length} findings shown`;
    none.hidden = count > 0;
  }

  function sort(header, name) {
    const direction = header.getAttribute('aria-sort') === 'ascending' ? -1 : 1;
    for (const other of table.tHead.rows[0].cells) {
      other.removeAttribute('aria-sort');
    }
    header.setAttribute('aria-sort', direction > 0 ? 'ascending' : 'descending');
    const keyed = findings.map(finding => ({ finding, key: columns[name](finding) }));
    keyed.sort((one, other) => direction * (typeof one.key === 'number' ? one.key - other.key : collator.compare(one.key, other.key))
      || one.finding.index - other.finding.index);
    const ordered = document.createDocumentFragment();
    for (const { finding } of keyed) {
      ordered.append(finding.body);
    }
    table.append(ordered);
  }

  for (const header of table.tHead.rows[0].cells) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = header.textContent;
    button.addEventListener('click', () => sort(header, header.dataset.sort));
    header.replaceChildren(button);
  }

  // The link of a count shows the findings that it counts.
  for (const link of document.querySelectorAll('[data-show]')) {
    link.addEventListener('click', () => {
      form.reset();
      for (const box of form.querySelectorAll('input[name="status"]')) {
        box.checked = box.value === link.dataset.show;
      }
      filter();
    });
  }

  // What a printer can't unfold is unfolded before, and folded again after.
  let folded = [];
  addEventListener('beforeprint', () => {
    folded = Array.from(document.querySelectorAll('details:not([open])'));
    folded.forEach(details => { details.open = true; });
  });
  addEventListener('afterprint', () => folded.forEach(details => { details.open = false; }));

  // A link to a finding that a filter hides shows it.
  function reveal() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.hidden) {
      form.reset();
      filter();
      target.scrollIntoView();
    }
  }
  addEventListener('hashchange', reveal);

  form.addEventListener('input', filter);
  form.addEventListener('submit', event => event.preventDefault());
  form.addEventListener('reset', () => setTimeout(filter));
  form.hidden = false;
  filter();
})();
