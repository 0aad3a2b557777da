// Curves and bars from `data-points` or `data-src` of a [data-chart] figure, drawn by uPlot when one is there.
"use strict";

(() => {
  const UPLOT = document.currentScript.dataset.uplot;
  const LANGUAGE = document.documentElement.lang === "fr" ? "fr-FR" : "en-GB";
  const DAY = 86400;
  const LONG = 1.5 * DAY;
  const LONG_MARKS = [DAY / 4, DAY / 2, DAY, 2 * DAY, 4 * DAY, 7 * DAY, 14 * DAY];
  const drawn = new WeakMap();
  let library;

  const load = () =>
    (library ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = UPLOT;
      script.addEventListener("load", resolve);
      script.addEventListener("error", reject);
      document.head.append(script);
    }));

  async function refresh() {
    const figures = document.querySelectorAll("[data-chart]");
    if (!figures.length) return;
    await load();
    figures.forEach((figure) => show(figure));
  }

  async function show(figure) {
    const { points, src } = figure.dataset;
    const known = drawn.get(figure);
    if (points && known?.points === points) return;
    drawn.set(figure, { ...known, points });
    let data = points && JSON.parse(points);
    if (!data) {
      const answer = await fetch(src, { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      data = await answer.json();
    }
    known?.plot?.destroy();
    known?.watcher?.disconnect();
    const plot = draw(figure, data);
    const canvas = figure.querySelector(".chart-canvas");
    const watcher = new ResizeObserver(() => plot.setSize(sizeOf(canvas)));
    watcher.observe(canvas);
    drawn.set(figure, { points, plot, watcher });
  }

  const lasts = (data, span) => data.x.at(-1) + span - data.x[0];

  const sizeOf = (element) => ({ width: element.clientWidth, height: element.clientHeight });

  function draw(figure, data) {
    const style = getComputedStyle(figure);
    const colour = (name) => style.getPropertyValue(name).trim();
    const canvas = figure.querySelector(".chart-canvas");
    const span = data.span_s ?? (data.x.length > 1 ? data.x[1] - data.x[0] : 1);
    const when = formats(data, span);
    const axis = {
      stroke: colour("--ink-soft"),
      font: `13px ${style.fontFamily}`,
      grid: { stroke: colour("--chart-grid"), width: 1 },
      ticks: { show: false },
    };
    const isBars = data.kind === "bars";
    const isLong = !when.isDays && lasts(data, span) > LONG;
    const plot = new uPlot(
      {
        ...sizeOf(canvas),
        padding: [12, isLong ? 30 : 18, 0, 0],
        legend: { show: false },
        cursor: { drag: { x: false, y: false }, y: false, points: { size: 8 } },
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), data.zone ?? "UTC"),
        scales: {
          x: { range: () => [data.x[0] - (isBars ? span / 2 : 0), data.x.at(-1) + (isBars ? span / 2 : span)] },
          y: { range: (_, low, high) => [data.least || Math.min(0, low ?? 0), (high || 1) * (data.least ? 1.02 : 1.08)] },
        },
        axes: [
          {
            ...axis, space: isLong ? 56 : 64, size: 34, values: (_, marks) => marks.map(when.mark),
            ...(isLong ? { incrs: LONG_MARKS } : { grid: { show: false } }),
          },
          { ...axis, size: 52, space: 44, values: (_, marks) => marks.map((mark) => number(mark, 2)) },
        ],
        series: [{}, ...data.series.map((series, index) => line(series, index, data.kind, colour))],
        hooks: { setCursor: [(self) => read(figure, data, when, here(self, data))] },
      },
      // The last step lasts as long as the others: its end needs a point of its own.
      data.kind === "steps"
        ? [[...data.x, data.x.at(-1) + span], ...data.series.map(({ values }) => [...values, values.at(-1)])]
        : [data.x, ...data.series.map((series) => series.values)],
      canvas,
    );
    read(figure, data, when, null);
    keys(canvas, data, plot);
    return plot;
  }

  const here = (plot, data) =>
    plot.cursor.idx == null ? null : Math.min(plot.cursor.idx, data.x.length - 1);

  function line(series, index, kind, colour) {
    const stroke = colour(`--chart-${(index % 3) + 1}`);
    if (kind === "bars") {
      return { stroke, fill: stroke, width: 0, paths: uPlot.paths.bars({ size: [0.72, 64], radius: 0.18 }), points: { show: false } };
    }
    const paths = kind === "steps" ? uPlot.paths.stepped({ align: 1 }) : uPlot.paths.spline();
    const first = index === 0;
    return { stroke, width: 2, paths, fill: first ? `${stroke}26` : undefined, dash: first ? undefined : [6, 4], points: { show: false } };
  }

  const number = (value, digits) =>
    new Intl.NumberFormat(LANGUAGE, { maximumFractionDigits: digits }).format(value);

  function formats(data, span) {
    const make = (options) => new Intl.DateTimeFormat(LANGUAGE, { timeZone: data.zone ?? "UTC", ...options });
    const isDays = data.by === "day" || span >= 82800;
    const day = make({ day: "numeric", month: "short" });
    const hour = make({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    const isLong = lasts(data, span) > LONG;
    // Over several days each midnight says which day begins; hours alone would say it of none.
    const mark = (instant) => {
      const time = hour.format(instant);
      return isDays || (isLong && time === "00:00") ? day.format(instant) : time;
    };
    const full = make(
      isDays
        ? { weekday: "long", day: "numeric", month: "long" }
        : { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
    );
    return {
      isDays,
      mark: (seconds) => mark(new Date(seconds * 1000)),
      full: (seconds) => full.format(new Date(seconds * 1000)),
    };
  }

  // What the pointer or the arrow keys are on, in words; without either, what each colour means.
  function read(figure, data, when, index) {
    const place = figure.querySelector(".chart-readout");
    const parts = data.series.map((series) => {
      const value = index == null ? undefined : series.values[index];
      const said = value == null ? (index == null ? "" : " –") : ` ${number(value, series.digits ?? 2)}`;
      const part = document.createElement("span");
      part.className = "chart-key";
      part.textContent = index == null ? `${series.label} (${series.unit})` : `${series.label}${said} ${series.unit}`;
      return part;
    });
    if (index != null) {
      const moment = document.createElement("span");
      moment.className = "chart-when";
      moment.textContent = when.full(data.x[index]);
      parts.push(moment);
    }
    place.replaceChildren(...parts);
  }

  function keys(canvas, data, plot) {
    canvas.onkeydown = (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!by) return;
      event.preventDefault();
      const from = plot.cursor.idx ?? (by > 0 ? -1 : data.x.length);
      const to = Math.min(Math.max(from + by, 0), data.x.length - 1);
      plot.setCursor({ left: plot.valToPos(data.x[to], "x"), top: plot.bbox.height / devicePixelRatio / 2 });
    };
    canvas.onblur = () => plot.setCursor({ left: -10, top: -10 });
  }

  document.addEventListener("htmx:after:swap", refresh);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    document.querySelectorAll("[data-chart]").forEach((figure) => {
      const known = drawn.get(figure);
      if (known) drawn.set(figure, { ...known, points: null });
    });
    refresh();
  });
  refresh();
})();
