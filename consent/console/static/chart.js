// Charts by uPlot. A chart is a figure with its numbers in `data-chart`; a table beside it says the same to everybody.

// Between two marks lie whole hours or days, or a short range would name the same day twice
const HOURS = [1, 2, 3, 6, 12, 24].map((hours) => hours * 3600);
const DAYS = [1, 2, 3, 7, 14, 28].map((days) => days * 86_400);
const COLOURS = ['--accent', '--page', '--own', '--click', '--bad', '--person'];

export function charts(root) {
  for (const figure of root.querySelectorAll('figure[data-chart]:not([data-drawn])')) {
    figure.dataset.drawn = '';
    draw(figure, JSON.parse(figure.dataset.chart));
  }
}

/** `data`: {x: [seconds], series: [{label, values}], percent: bool, hours: bool}; days are days in UTC */
function draw(figure, data) {
  const style = getComputedStyle(figure);
  const colour = (name) => style.getPropertyValue(name).trim();
  const axis = { stroke: colour('--soft'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false } };
  const shown = (value) => (value == null ? '–' : data.percent ? `${value.toFixed(1)} %` : value.toLocaleString());
  const day = new Intl.DateTimeFormat(
    document.documentElement.lang,
    data.hours ? { weekday: 'short', hour: '2-digit', minute: '2-digit' } : { month: 'short', day: 'numeric' },
  );
  const options = {
    width: figure.clientWidth || 600,
    height: 220,
    cursor: { points: { size: 7 } },
    legend: { live: true },
    scales: { y: { range: (_, low, high) => (data.percent ? [0, 100] : [Math.min(0, low), Math.max(1, high * 1.08)]) } },
    axes: [
      { ...axis, incrs: data.hours ? HOURS : DAYS, values: (_, ticks) => ticks.map((tick) => day.format(new Date(tick * 1000))) },
      { ...axis, size: 56, values: (_, ticks) => ticks.map((tick) => (data.percent ? `${tick} %` : tick.toLocaleString())) },
    ],
    series: [
      { label: data.time, value: (_, x) => (x == null ? '–' : day.format(new Date(x * 1000))) },
      ...data.series.map((one, index) => ({
        label: one.label,
        stroke: colour(COLOURS[index % COLOURS.length]),
        width: 2,
        points: { size: 6 },
        value: (_, y) => shown(y),
      })),
    ],
  };
  const plot = new window.uPlot(options, [data.x, ...data.series.map((one) => one.values)], figure);
  new ResizeObserver(() => plot.setSize({ width: figure.clientWidth, height: 220 })).observe(figure);
}
