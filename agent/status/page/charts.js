// Draws what people would rather look at than read: a strip of a day's verdicts, and small charts. ES5, for old WebViews.
(function () {
	'use strict';

	var HEIGHTS = { r: 9, u: 14, a: 20, n: 28 }; // the worse the higher: colour is never the only sign

	function svg(tag, a) {
		var e = document.createElementNS('http://www.w3.org/2000/svg', tag);
		Object.keys(a).forEach(function (k) { e.setAttribute(k, a[k]); });
		return e;
	}
	function picture(cls, width, label) {
		return svg('svg', { viewBox: '0 0 ' + width + ' 28', preserveAspectRatio: 'none', 'class': cls, role: 'img', 'aria-label': label });
	}
	// strip draws levels, a letter a quarter of an hour; a gap is what nobody knows.
	function strip(letters, label) {
		var s = picture('strip', letters.length, label), from = 0, i;
		for (i = 1; i <= letters.length; i++) {
			if (i < letters.length && letters[i] === letters[from]) { continue; }
			if (HEIGHTS[letters[from]]) {
				s.appendChild(svg('rect', { 'class': letters[from], x: from, y: 28 - HEIGHTS[letters[from]], width: i - from, height: HEIGHTS[letters[from]] }));
			}
			from = i;
		}
		return s;
	}
	// chart draws the span of a number, [least, most] a quarter of an hour or null; null where there is nothing to draw.
	function chart(spans, label) {
		var known = spans.filter(Boolean), s = picture('chart', spans.length, label);
		if (!known.length) { return null; }
		var least = Math.min.apply(null, known.map(function (p) { return p[0]; }));
		var most = Math.max.apply(null, known.map(function (p) { return p[1]; }));
		function y(v) { return most === least ? 14 : 26 - 24 * (v - least) / (most - least); }
		spans.forEach(function (p, i) {
			if (p) { s.appendChild(svg('rect', { x: i, y: y(p[1]) - 1, width: 1, height: y(p[0]) - y(p[1]) + 2 })); }
		});
		return { picture: s, least: least, most: most, newest: known[known.length - 1][1] };
	}

	POSHEALTH.svg = svg;
	POSHEALTH.strip = strip;
	POSHEALTH.chart = chart;
}());
