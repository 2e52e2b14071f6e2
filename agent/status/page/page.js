// Asks for the snapshot, shows it, and waits for the next one.
// ES5, for old WebViews. What the network said enters as text, never as markup.
(function () {
	'use strict';

	var WORDS = POSHEALTH.words;

	var GROUPS = { network: ' link route network mobile wifi switches dns path ', host: ' tcp tls iso8583 ', clock: ' clock ', app: ' app crashes intake ', device: ' terminal battery thermal storage wear memory kills cpu printer tamper reboots integrity ', other: '' };
	var SHAPES = { // colour is never the only sign
		ready: ['M24 2a22 22 0 1 0 .01 0z', 'M13 25l8 8 15-17'], 'not-ready': ['M15 3h18l12 12v18L33 45H15L3 33V15z', 'M16 16l16 16M32 16L16 32'],
		'at-risk': ['M24 4l22 40H2z', 'M24 18v13M24 36v3'], unknown: ['M6 6h36v36H6z', 'M17 19c0-9 14-9 14 0 0 5-7 5-7 10M24 34v3']
	};
	var LEVELS = { pass: 'ready', fail: 'not-ready' };
	var STALE = 900; // seconds: something is looked at each ten minutes

	var lang = '', view = '', version = '0', snap, born = 0, failures = 0, starting, request, timer, free = 0, asked, opened = {};
	var day, dayAsked = -60, card, cardAsked = -60; // seconds: each is asked for once a minute at most, and while it is looked at

	function id(name) { return document.getElementById(name); }
	function now() { return performance.now() / 1000; } // unlike Date, does not step with the clock
	function has(o, key) { return Object.prototype.hasOwnProperty.call(o, key); }
	function word(table, key) {
		var x = has(table, key) && table[key];
		return x && (lang === 'zh' ? x[0] : x[1]) || String(key || '').replace(/-/g, ' ');
	}
	function t(key) {
		var values = arguments;
		return word(WORDS, key).replace(/\{(\d)\}/g, function (all, i) { return values[+i + 1]; });
	}
	function dots() { return [].filter.call(arguments, Boolean).join(' · '); }

	// el makes an element of children that are elements or text; empty ones are left out.
	function el(tag, cls) {
		var e = document.createElement(tag);
		if (cls) { e.className = cls; }
		[].slice.call(arguments, 2).forEach(function (c) {
			if (c || c === 0) { e.appendChild(c.nodeType ? c : document.createTextNode(c)); }
		});
		return e;
	}
	function p(cls, text) { return text ? el('p', cls, text) : null; }
	function symbol(level) {
		var svg = POSHEALTH.svg, s = svg('svg', { viewBox: '0 0 48 48', 'class': 'sym ' + level, 'aria-hidden': 'true' });
		SHAPES[has(SHAPES, level) ? level : 'unknown'].forEach(function (d, i) { s.appendChild(svg('path', { d: d, 'class': i ? 'mark' : 'body' })); });
		return s;
	}
	// fold is a part that opens; it stays as the reader left it when the page is drawn anew.
	function fold(key, open, cls, summary) {
		var d = el('details', cls, summary);
		d.open = has(opened, key) ? opened[key] : open;
		summary.addEventListener('click', function () { opened[key] = !d.open; });
		return d;
	}

	function span(s) {
		s = Math.max(0, Math.floor(s));
		return s < 100 ? s + t('s') : s < 6000 ? Math.round(s / 60) + t('m') : s < 172800 ? Math.round(s / 3600) + t('h') : Math.round(s / 86400) + t('d');
	}
	function seconds(ms) { return (ms / 1000).toFixed(1) + ' s'; }
	function bytes(n) { return n >= 1e9 ? (n / 1e9).toFixed(1) + ' GB' : n >= 1e6 ? (n / 1e6).toFixed(1) + ' MB' : Math.round(n / 1e3) + ' kB'; }
	// clock shows a moment in the terminal's own zone, which need not be the browser's; with its date where that is another.
	function clock(text, end) {
		var zone = /([+-])(\d\d):(\d\d)$/.exec(snap.session.at), shift = zone ? (zone[1] + 1) * (zone[2] * 60 + +zone[3]) * 6e4 : 0;
		function iso(x) {
			var d = new Date(Date.parse(x) + shift);
			return isNaN(d) ? '' : d.toISOString();
		}
		var at = iso(text);
		return (at.slice(0, 10) === iso(snap.session.at).slice(0, 10) ? '' : at.slice(5, 10) + ' ') + at.slice(11, end || 16);
	}
	function reading(r) {
		var v = r.value, shown = Math.abs(v) >= 100 ? Math.round(v) : Math.round(v * 10) / 10;
		if (r.unit === 'B') { shown = bytes(v); } else if (r.unit === 'unix_s') { shown = new Date(v * 1000).toISOString().slice(0, 10); } else if (r.unit !== '1') { shown += ' ' + r.unit; }
		return r.name.replace(/_/g, ' ') + ' ' + shown;
	}

	function find(ref) {
		return ref && snap.findings.filter(function (f) { return f.code === ref.code && (f.subject === ref.subject || ref.subject === undefined); })[0];
	}
	function rootOf(f) { // as far as the chain of causes goes, and round no circle
		for (var i = 0, up; i < 20 && (up = find(f.explained_by)); i++) { f = up; }
		return f;
	}
	function below(f) { return snap.findings.filter(function (g) { return g !== f && rootOf(g) === f; }); }
	function name(f) { return (f.title || f.code) + (f.subject ? (lang === 'zh' ? ' ' : ': ') + f.subject : ''); }
	function who(f) {
		var v = f.visit;
		return dots(t('party', word(WORDS.parties, f.party)), v.bring ? t('bring', word(WORDS.things, v.bring)) : t(v.needed ? 'visit' : 'novisit'));
	}

	function levelWord(question) {
		var level = snap.verdict[question].level, own = question + ' ' + level;
		return word(WORDS.level, has(WORDS.level, own) ? own : level);
	}
	// drawVerdict answers one question; brief leaves out what the one beside it says.
	function drawVerdict(question, brief) {
		var a = snap.verdict[question], f = find(a.root);
		var rests = view === 'technician' && (a.rests_on || []).map(function (r) { return word(WORDS.rest, r); }).join(', ');
		return el('section', 'v ' + a.level, symbol(a.level), el('div', 'say', el('h2', '', dots(t(question), rests && t('rests', rests))),
			p('level', levelWord(question)),
			brief ? null : p('why', f ? name(f) : a.root ? word({}, a.root.code) : a.lacks && word(WORDS.lacks, a.lacks)),
			brief ? null : p('who', f && who(f))));
	}
	function step(key, text) { return text ? el('p', 'step', el('b', '', t(key)), el('span', '', text)) : null; }
	// drawFinding shows a finding in full, its symptoms folded under it; folded itself where key is given.
	function drawFinding(f, key) {
		var advice = f.advice || {}, head = el(key ? 'summary' : 'h3', '', name(f)), cls = 'f ' + f.severity, inner, symptoms = key ? [] : below(f);
		if (symptoms.length) {
			inner = fold('below ' + name(f), false, 'below', el('summary', '', t('symptoms', symptoms.length)));
			symptoms.forEach(function (g) { inner.appendChild(drawFinding(g, 'symptom')); });
		}
		var box = key ? fold(key + name(f), false, cls, head) : el('section', cls, head);
		box.appendChild(el('div', '', step('merchant', advice.merchant), step('technician', advice.technician), p('detail', f.detail),
			p('meta', dots(word(WORDS.severity, f.severity), who(f), t('since', clock(f.since)), f.due && t('due', clock(f.due)), f.unconfirmed && t('unconfirmed'))), inner));
		return box;
	}
	function drawResult(r) {
		var kind = r.probe.split('/')[0], level = LEVELS[r.outcome] || 'unknown';
		var values = (r.readings || []).slice(0, 6).map(reading).concat((r.facts || []).slice(0, 4).map(function (f) { return f.name.replace(/_/g, ' ') + ' ' + f.value; }));
		return el('li', 'r', symbol(level), el('div', 'what',
			el('p', '', el('b', '', word(WORDS.probes, kind)), r.probe.slice(kind.length).replace('/', ' '), r.reason && el('span', level, ' ' + word(WORDS.reasons, r.reason))),
			p('detail', r.detail), p('meta', values.join(' · '))),
		el('span', 'took', r.took_ms >= 1000 ? seconds(r.took_ms) : Math.ceil(r.took_ms) + ' ms'));
	}
	function drawGroup(g, main) {
		var n = { pass: 0, fail: 0, unknown: 0 }, ul = el('ul');
		snap.results.forEach(function (r) {
			var home = Object.keys(GROUPS).filter(function (k) { return GROUPS[k].indexOf(' ' + r.probe.split('/')[0] + ' ') >= 0; })[0] || 'other';
			if (home === g) {
				n[LEVELS[r.outcome] ? r.outcome : 'unknown']++;
				ul.appendChild(drawResult(r));
			}
		});
		if (!ul.firstChild) { return; }
		var counts = Object.keys(n).map(function (k) { return n[k] && t(k, n[k]); });
		var box = fold(g, n.fail || window.innerWidth >= 800, 'g', el('summary', '', symbol(n.fail ? 'not-ready' : n.pass ? 'ready' : 'unknown'),
			el('b', '', word(WORDS.groups, g)), el('span', 'counts', dots.apply(null, counts))));
		box.appendChild(ul);
		main.appendChild(box);
	}
	function drawSelf() {
		var r = snap.report, c = snap.cost, last = r && r.last_sent && (Date.parse(snap.session.at) - Date.parse(r.last_sent)) / 1000;
		return el('section', 'self',
			el('p', '', el('b', '', t('report')), r ? dots(word(WORDS.states, r.state), last && t('sent', span(last)), t('queued', r.queued), r.dropped && t('dropped', r.dropped), (r.ledger || []).some(function (l) { return l.held === 'memory'; }) && t('unkept')) : word(WORDS.reasons, 'not-configured')),
			el('p', '', el('b', '', t('cost')), dots(c && c.rss_bytes && t('memory', bytes(c.rss_bytes)), c && c.uptime_s && t('cpu', (100 * c.cpu_s / c.uptime_s).toFixed(1)), c && t('up', span(c.uptime_s)), t('agent', snap.terminal.agent))));
	}
	function drawHead() {
		var terminal = snap ? snap.terminal : {}, s = snap ? snap.session : {}, off = s.clock_offset_ms, error = s.clock_offset_error_ms;
		var other = el('button', 'lang', t('other')), head = id('head');
		var views = el('button', 'view', word(WORDS.views, view === 'merchant' ? 'technician' : 'merchant'));
		other.onclick = function () { choose(lang === 'zh' ? 'en' : 'zh'); };
		views.onclick = function () { turn(view === 'merchant' ? 'technician' : 'merchant'); };
		head.textContent = '';
		[el('h1', 'who', terminal.id || 'poshealth'), views, other].concat(snap && view === 'technician' ? [p('', dots(terminal.model, terminal.os)),
			p('', dots(t('at', clock(s.at, 19)), typeof off === 'number' && t('offset', (off < 0 ? '' : '+') + seconds(off) + (error ? ' ± ' + seconds(error) : ''))))] : [])
			.forEach(function (e) { if (e) { head.appendChild(e); } });
	}
	function draw() {
		document.documentElement.lang = lang;
		drawHead();
		tick();
		if (!snap) { return; }
		var v = snap.verdict, main = document.createDocumentFragment(), due = v.deadline;
		var roots = [find(v.take_card.root), find(v.settle.root)].filter(function (f, i, all) { return f && all.indexOf(f) === i; });
		var others = snap.findings.filter(function (f) { return roots.indexOf(f) < 0 && rootOf(f) === f; });
		function until(key, at) { if (at) { main.appendChild(p('none', t(key) + ' → ' + clock(at))); } }
		// deadline names its cause where nothing above it does.
		function deadline(due) {
			var cause = find({ code: due.code }), text = t('deadline', clock(due.at));
			return cause && roots.indexOf(rootOf(cause)) >= 0 ? text : t('strip', text, cause ? name(cause) : word({}, due.code));
		}
		function part(key) { main.appendChild(el('h2', 'part', t(key))); }
		var told = snap.told || {}, muted = told.display_muted_until;
		if (told.notice) { main.appendChild(p('none', told.notice[lang])); }
		until('muted', muted);
		until('stopped', told.probing_stopped_until);
		if (!muted) { drawAll(); }
		id('main').className = view;
		id('main').textContent = '';
		id('main').appendChild(main);
		document.title = (muted ? '' : id('main').querySelector('.level').textContent + ' · ') + snap.terminal.id;
		function drawAll() {
			main.appendChild(el('div', 'vs', drawVerdict('take_card'), drawVerdict('settle', view === 'merchant' && roots.length === 1 && find(v.take_card.root) === find(v.settle.root))));
			main.appendChild(el('section', 'money ' + v.charge_again, p('again ' + v.charge_again, word(WORDS.again, v.charge_again)),
				p('deadline', v.unsettled ? v.unsettled.text : due && deadline(due))));
			if (view === 'merchant') {
				drawMerchant(roots, main);
				return;
			}
			if (roots.length) { part('next'); }
			roots.forEach(function (f) { main.appendChild(drawFinding(f)); });
			if (others.length) { part('also'); }
			others.forEach(function (f) { main.appendChild(drawFinding(f, below(f).length ? '' : 'also')); });
			if (!snap.findings.length) { main.appendChild(p('none', t('none'))); }
			drawDay(main);
			part('looked');
			Object.keys(GROUPS).forEach(function (g) { drawGroup(g, main); });
			main.appendChild(drawSelf());
			main.appendChild(drawCard());
		}
	}

	// drawMerchant is all that a merchant reads between two customers: the next step, and how to go on.
	function drawMerchant(roots, main) {
		roots.forEach(function (f) {
			var advice = f.advice && f.advice.merchant;
			if (advice) { main.appendChild(el('section', 'f next ' + f.severity, el('h3', '', roots.length > 1 ? name(f) : t('next')), p('', advice))); }
		});
		if (snap.report && snap.report.state !== 'online') {
			main.appendChild(p('none', t('offline')));
			main.appendChild(drawCard());
		}
		var more = el('button', 'more', t('details'));
		more.onclick = function () { turn('technician'); };
		main.appendChild(more);
	}
	// drawDay is the last day: a strip a question, and what was measured.
	function drawDay(main) {
		if (!day) { return; }
		var box = el('section', 'day');
		['take_card', 'settle'].forEach(function (question) {
			var spent = {}, said = [];
			day[question].split('').forEach(function (l) { spent[l] = (spent[l] || 0) + day.step_s; });
			'naur.'.split('').forEach(function (l) { if (spent[l]) { said.push(word(WORDS.levels, l) + ' ' + span(spent[l])); } });
			var label = t('strip', t(question), said.join(lang === 'zh' ? '，' : ', '));
			box.appendChild(p('detail', label));
			box.appendChild(POSHEALTH.strip(day[question], label));
		});
		Object.keys(WORDS.charts).forEach(function (key) {
			var unit = key.split('_').pop(), c = POSHEALTH.chart(day[key], ''), label;
			function say(v) { return unit === 'dbm' ? v + ' dBm' : Math.abs(v) < 1000 ? Math.round(v) + ' ms' : seconds(v); }
			if (!c) { return; }
			label = word(WORDS.charts, key) + ' ' + t('range', say(c.newest), say(c.least), say(c.most));
			c.picture.setAttribute('aria-label', label);
			box.appendChild(p('detail', label));
			box.appendChild(c.picture);
		});
		box.appendChild(el('p', 'axis', el('span', '', t('before')), el('span', '', t('present'))));
		main.appendChild(el('h2', 'part', t('day')));
		main.appendChild(box);
	}
	// drawCard is the support card, asked for when it is opened. The picture stays when the page is drawn anew.
	function drawCard() {
		var box = fold('card', false, 'g card', el('summary', '', t('card')));
		function fetchCard() {
			if (!card || now() - cardAsked >= 60) {
				card = el('img');
				card.src = '/v1/support.svg?at=' + Math.floor(now());
				cardAsked = now();
			}
			card.alt = t('cardAlt');
			box.appendChild(card);
		}
		if (box.open) { fetchCard(); }
		box.firstChild.addEventListener('click', function () { if (!box.open) { fetchCard(); } });
		return box;
	}
	function askDay() {
		if (view !== 'technician' || document.hidden || now() - dayAsked < 60) { return; }
		dayAsked = now();
		ask('GET', '/v1/series', function (x) {
			try { day = x.status === 200 && JSON.parse(x.responseText); } catch (e) { day = null; }
			draw();
		});
	}

	// tick keeps what time alone changes.
	function tick() {
		var age = now() - born, left = Math.ceil(free - now()), look = id('look'), banner = id('banner');
		var text = starting || !snap && !failures && now() > 2 ? t('starting') : failures ? t(snap ? 'old' : 'silent') : snap && age > STALE ? t('stale', span(age)) : '';
		banner.hidden = !text;
		if (banner.textContent !== text) { banner.textContent = text; }
		document.body.className = text && snap ? 'stale' : '';
		id('age').textContent = snap ? t('ago', span(age)) : '';
		look.disabled = left > 0 || failures > 0;
		id('call').textContent = snap && snap.terminal.support ? t('hotline', snap.terminal.support) : '';
		look.textContent = left > 0 ? t(asked ? 'asked' : 'wait', left) : t('look');
	}

	function ask(method, path, done) {
		var x = new XMLHttpRequest();
		x.open(method, path);
		x.timeout = 3e4; // the longest wait is 20 s
		x.onloadend = function () { done(x); };
		x.send();
		return x;
	}
	function poll() {
		clearTimeout(timer);
		if (request) {
			request.onloadend = null;
			request.abort();
		}
		if (document.hidden) { return; } // nobody looks: cost nothing
		request = ask('GET', '/v1/status?' + (lang && 'lang=' + lang + '&') + 'after=' + version + '&wait=20', function (x) {
			request = null;
			var ok = x.status === 200 && take(x), busy = x.status === 429;
			starting = x.status === 503;
			failures = ok || starting || busy ? 0 : failures + 1;
			if (!ok && !busy) { version = '0'; } // who is there again counts anew
			tick();
			timer = setTimeout(poll, ok ? 1000 : Math.min(10, 3 + failures) * 1000); // looks end one by one: once a second will do
		});
	}
	function take(x) {
		var s, v = x.getResponseHeader('Poshealth-Version');
		try { s = JSON.parse(x.responseText); } catch (e) { return false; }
		if (!v || !s || !s.verdict) { return false; }
		born = now() - (parseFloat(x.getResponseHeader('Poshealth-Age')) || 0);
		if (v !== version || s.session.seq !== snap.session.seq) { // an agent that was started anew may count up to the same version
			version = v;
			snap = s;
			lang = x.getResponseHeader('Content-Language');
			draw();
			tellAloud();
		}
		askDay();
		return true;
	}
	// tellAloud is for who cannot see the page: the verdicts, when they change.
	function tellAloud() {
		var live = id('live'), text = snap.told && snap.told.display_muted_until ? '' : dots(levelWord('take_card'), levelWord('settle'), word(WORDS.again, snap.verdict.charge_again));
		if (live.textContent !== text) { live.textContent = text; }
	}
	function remember(key, value) {
		try { localStorage.setItem(key, value); } catch (e) { /* a WebView without storage asks each time */ }
	}
	// chosen is what the address asks for, else what was chosen before, else the fallback.
	function chosen(key, words, fallback) {
		var before = '';
		try { before = localStorage.getItem(key); } catch (e) { /* asked of the agent */ }
		return (new RegExp('[?&]' + key + '=(' + words + ')\\b').exec(location.search + '&' + key + '=' + before) || [0, fallback])[1];
	}
	function turn(to) {
		view = to;
		remember('view', to);
		draw();
		askDay();
		window.scrollTo(0, 0);
	}
	function choose(l) {
		lang = l;
		remember('lang', l);
		version = '0';
		draw();
		poll();
	}

	id('look').onclick = function () {
		free = now() + 15;
		asked = true;
		tick();
		ask('POST', '/v1/check', function (x) {
			asked = x.status === 202;
			if (!asked) { free = now() + (+x.getResponseHeader('Retry-After') || 5); }
			tick();
		});
	};
	document.addEventListener('visibilitychange', poll);
	lang = chosen('lang', 'zh|en', '');
	view = chosen('view', 'merchant|technician', 'merchant');
	setInterval(tick, 1000);
	draw();
	poll();
}());
