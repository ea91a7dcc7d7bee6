/* Draws the charts of a page: markup data-zd-chart, the option as JSON in the script element named after it. */
(function () {
  "use strict";

  function css(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  function chartTheme() {
    const ink = css("--c-ink-2");
    const line = css("--c-line");
    const axis = {
      axisLine: { lineStyle: { color: css("--c-line-strong") } },
      axisTick: { show: false },
      axisLabel: { color: ink },
      splitLine: { lineStyle: { color: line } },
      nameTextStyle: { color: ink },
    };
    return {
      color: [1, 2, 3, 4, 5, 6, 7, 8].map((n) => css("--chart-" + n)),
      textStyle: { fontFamily: css("--font") },
      categoryAxis: Object.assign({}, axis, { splitLine: { show: false } }),
      valueAxis: Object.assign({}, axis, { axisLine: { show: false } }),
      timeAxis: axis,
      legend: { textStyle: { color: ink }, icon: "roundRect", itemWidth: 12, itemHeight: 8 },
      bar: { barMaxWidth: 36 },
      line: { symbolSize: 6, lineStyle: { width: 2 } },
      tooltip: { backgroundColor: css("--c-surface"), borderColor: css("--c-line-strong"), textStyle: { color: css("--c-ink"), fontSize: 12 } },
    };
  }

  function numberWriters(spec) {
    const locale = document.documentElement.lang;
    const money = spec.format === "money";
    const unit = spec.unit ? " " + spec.unit : "";
    if (spec.format === "percent") {
      const share = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
      return { full: (value) => (value == null ? "–" : share.format(value) + "%"), short: (value) => share.format(value) + "%" };
    }
    const full = new Intl.NumberFormat(locale, { minimumFractionDigits: money ? 2 : 0, maximumFractionDigits: money ? 2 : 3 });
    const short = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });
    return { full: (value) => (value == null ? "–" : (money ? "¥" : "") + full.format(value) + unit), short: (value) => short.format(value) };
  }

  function complete(option, width) {
    // The server sends figures and kinds; layout and number formats are the same for every chart.
    const write = numberWriters(option.zd || {});
    delete option.zd;
    const axes = (which) => [].concat(option[which] || []);
    const cartesian = axes("xAxis").length > 0;
    const many = [].concat(option.series || []).length > 1;
    const each = [].concat(option.series || []);
    axes("xAxis").concat(axes("yAxis")).forEach((axis) => {
      if (axis.type === "value" || (!axis.type && !axis.data)) {
        axis.axisLabel = Object.assign({ formatter: write.short }, axis.axisLabel);
      } else {
        axis.axisLabel = Object.assign({ hideOverlap: true }, axis.axisLabel);
      }
    });
    if (cartesian) {
      option.grid = Object.assign({ left: 8, right: 16, top: many ? 40 : 16, bottom: 8, containLabel: true }, option.grid);
      if (many) option.legend = Object.assign({ top: 0, left: 0, type: "scroll" }, option.legend);
    }
    each.filter((series) => series.type === "pie" && width < 460).forEach((series) => {
      // No room for labels beside a pie on a phone.
      series.label = { show: false };
      series.radius = ["36%", "58%"];
      series.center = ["50%", "40%"];
      option.legend = Object.assign({ bottom: 0, left: "center" }, option.legend);
    });
    const byAxis = cartesian && each.some((series) => series.type === "bar" || series.type === "line");
    option.tooltip = Object.assign(
      { trigger: byAxis ? "axis" : "item", confine: true, valueFormatter: write.full, axisPointer: { type: "shadow" } },
      option.tooltip
    );
    if (window.matchMedia("(prefers-reduced-motion: reduce)").matches) option.animation = false;
    return option;
  }

  function initCharts(root, plain) {
    const boxes = root.querySelectorAll("[data-zd-chart]");
    if (!boxes.length || !window.echarts) return;
    const theme = chartTheme();
    const locale = document.documentElement.lang.startsWith("zh") ? "ZH" : "EN";
    boxes.forEach((box) => {
      const option = JSON.parse(document.getElementById(box.id + "-option").textContent);
      const before = window.echarts.getInstanceByDom(box);
      if (before) before.dispose();
      const chart = window.echarts.init(box, theme, { locale: locale });
      chart.setOption(Object.assign(complete(option, box.clientWidth), plain));
      chart.on("click", (point) => { if (point.data && point.data.url) window.location.href = point.data.url; });
      chart.on("mouseover", (point) => { if (!(point.data && point.data.url)) chart.getZr().setCursorStyle("default"); });
      if (!before) new ResizeObserver(() => window.echarts.getInstanceByDom(box).resize()).observe(box);
      box.dataset.zdDrawn = "1";
    });
  }

  // A picture that may take long to sum up comes after the page; where it does not come, its link stays.
  function loadCards() {
    document.querySelectorAll("[data-zd-chart-card]").forEach((place) => {
      fetch(place.dataset.zdChartCard, { credentials: "same-origin", headers: { "X-Requested-With": "XMLHttpRequest" } })
        .then((answer) => (answer.ok && !answer.redirected ? answer.text() : Promise.reject(new Error(String(answer.status)))))
        .then((html) => {
          place.innerHTML = html;
          initCharts(place);
        })
        .catch(() => {})
        .finally(() => place.removeAttribute("aria-busy"));
    });
  }

  initCharts(document);
  loadCards();
  // Drawn anew in the colours of the other theme, without the pictures growing again.
  document.addEventListener("zd:look", () => initCharts(document, { animation: false }));
})();
