// Asks for the snapshot, shows it, and waits for the next one.
// ES5, for old WebViews. What the network said enters as text, never as markup.
(function () {
	'use strict';

	// All words, Chinese and English; else the snapshot's own word serves.
	var WORDS = {
		other: ['English', '中文'], take_card: ['刷卡', 'Cards'], settle: ['结算', 'Settlement'],
		level: {
			'take_card ready': ['可以收款', 'Can take cards'], 'take_card not-ready': ['不能收款', 'Cannot take cards'],
			'settle ready': ['可以结算', 'Will settle'], 'settle not-ready': ['不能结算', 'Will not settle'],
			'at-risk': ['有风险', 'At risk'], unknown: ['未知', 'Unknown']
		},
		lacks: {
			host: ['未配置支付主机', 'No payment host is configured'], proof: ['尚无支付主机应答', 'No payment host has answered yet'],
			intake: ['未启用支付应用数据', 'The payment app is not connected'], news: ['未收到支付应用数据', 'No data from the payment app']
		},
		again: {
			yes: ['可以向该顾客重新收款', 'This customer may be charged again'], no: ['不要向该顾客重复收款', 'Do NOT charge this customer again'],
			unknown: ['可否重新收款：未知，请先查上一笔', 'Charge again? Not known: check the last sale first']
		},
		deadline: ['须在 {0} 前处理：{1}', 'Act before {0}: {1}'], party: ['责任方 {0}', 'whose: {0}'], rests: ['依据 {0}', 'rests on {0}'],
		rest: { probe: ['探测', 'probes'], 'app-l0': ['应用状态', 'app state'], 'app-l1': ['应用交易', 'app sales'], 'app-l2': ['应用全量数据', 'all app data'], host: ['收单通知', 'acquirer\'s notice'] },
		parties: {
			merchant: ['商户'], site: ['门店网络', 'shop\'s network'], carrier: ['通信运营商'], acquirer: ['收单机构'], issuer: ['发卡行', 'card issuer'],
			terminal: ['终端'], app: ['支付应用', 'payment app'], agent: ['监测程序', 'health agent']
		},
		severity: { info: ['提示'], degraded: ['性能下降'], imminent: ['即将阻断'], blocking: ['已阻断'] },
		novisit: ['无需上门', 'no visit needed'], visit: ['需上门', 'visit needed'], bring: ['需上门，带{0}', 'visit needed, bring: {0}'],
		things: { 'spare terminal': ['备用机'], battery: ['电池'], sim: ['流量卡', 'SIM'], 'access point or antenna': ['路由器或天线'], 'laptop or keys': ['电脑或密钥'] },
		next: ['下一步', 'Next step'], merchant: ['商户', 'Merchant'], technician: ['技术', 'Technician'], hotline: ['热线 {0}', 'Hotline {0}'],
		muted: ['后台暂停显示', 'Muted by the fleet'], stopped: ['后台暂停检测', 'Stopped by the fleet'],
		also: ['其他发现', 'Also seen'], none: ['没有发现问题', 'No fault found'], since: ['始于 {0}', 'since {0}'], due: ['{0} 前会阻断', 'blocks at {0}'],
		unconfirmed: ['未复核'], symptoms: ['由此引起 {0} 项', 'Caused by it: {0}'], looked: ['检测项目', 'What was looked at'],
		groups: { network: ['网络', 'Network'], host: ['主机', 'Hosts'], clock: ['时钟', 'Clock'], app: ['应用', 'App'], device: ['设备', 'Device'], other: ['其他', 'Other'] },
		probes: {
			link: ['链路'], route: ['路由'], dns: ['解析', 'DNS'], path: ['路径'], tcp: ['连接', 'TCP'], tls: ['加密', 'TLS'], clock: ['对时'], app: ['支付应用', 'payment app'],
			intake: ['应用数据', 'app data'], cpu: ['处理器', 'CPU'], memory: ['内存'], storage: ['存储'], battery: ['电量'], terminal: ['终端'], printer: ['打印机'], tamper: ['防拆'],
			network: ['系统网络'], mobile: ['移动网络'], wifi: ['Wi-Fi', 'Wi-Fi'], switches: ['开关'], crashes: ['崩溃记录'], thermal: ['温度', 'heat'], wear: ['闪存寿命', 'flash wear'],
			kills: ['低内存查杀', 'low-memory kills'], reboots: ['开机记录', 'starts'], integrity: ['系统', 'system']
		},
		reasons: {
			timeout: ['超时'], refused: ['被拒绝'], unreachable: ['不可达'], reset: ['连接被重置'], closed: ['对方断开'], nxdomain: ['域名不存在'], blocked: ['系统不让联网'], servfail: ['解析服务器出错'],
			'no-server': ['没有服务器'], 'no-address': ['没有地址'], 'no-route': ['没有路由'], 'no-carrier': ['没有连接'], 'no-interface': ['没有网络接口'], 'no-connection': ['未连上'],
			'cert-expired': ['证书过期'], 'cert-not-yet-valid': ['证书未生效'], untrusted: ['证书不可信'], 'wrong-name': ['证书名称不符'], version: ['加密版本不兼容'],
			'not-tls': ['不是加密服务'], 'client-cert-wanted': ['需要客户端证书'], disagree: ['时间源不一致'], 'no-source': ['时间源无应答'], stepped: ['时钟刚被调整'],
			crashed: ['崩溃'], tampered: ['已触发防拆', 'tampered with'], missing: ['未安装'], disabled: ['已停用'], stopped: ['已停止'], 'not-configured': ['未配置'], denied: ['无权限', 'no permission'], absent: ['本机未提供', 'not found here'],
			malformed: ['无法识别'], cancelled: ['已取消'], stuck: ['检测无响应'], panicked: ['检测出错']
		},
		pass: ['正常 {0}', '{0} ok'], fail: ['异常 {0}', '{0} failed'], unknown: ['未测 {0}', '{0} unmeasured'],
		report: ['上报', 'Reports'], states: { online: ['在线'], offline: ['离线'], connecting: ['连接中'] },
		sent: ['上次 {0}前', 'last {0} ago'], queued: ['积压 {0}', '{0} waiting'], dropped: ['丢弃 {0}', '{0} dropped'], unkept: ['仅存内存', 'in memory only'],
		cost: ['本程序', 'This agent'], memory: ['内存 {0}', 'memory {0}'], cpu: ['处理器 {0} %', 'CPU {0} %'], up: ['已运行 {0}', 'up {0}'], agent: ['版本 {0}', 'version {0}'],
		offset: ['对时 {0}', 'clock {0}'], ago: ['{0}前更新', 'updated {0} ago'], at: ['截至 {0}', 'as of {0}'],
		s: [' 秒', ' s'], m: [' 分钟', ' min'], h: [' 小时', ' h'], d: [' 天', ' days'],
		look: ['立即检测', 'Look again'], asked: ['正在检测 {0}', 'Looking {0}'], wait: ['请稍候 {0}', 'Wait {0}'],
		starting: ['监测程序刚启动，正在检测…', 'Just started; looking for the first time…'],
		silent: ['监测程序没有应答，请确认 poshealth 正在运行', 'The agent does not answer. Is poshealth running?'],
		old: ['监测程序没有应答，旧数据不能作准', 'The agent does not answer: do not rely on this'],
		stale: ['已 {0}没有新数据，不能作准', 'No news for {0}: do not rely on this']
	};

	var GROUPS = { network: ' link route network mobile wifi switches dns path ', host: ' tcp tls iso8583 ', clock: ' clock ', app: ' app crashes intake ', device: ' terminal battery thermal storage wear memory kills cpu printer tamper reboots integrity ', other: '' };
	var SHAPES = { // colour is never the only sign
		ready: ['M24 2a22 22 0 1 0 .01 0z', 'M13 25l8 8 15-17'], 'not-ready': ['M15 3h18l12 12v18L33 45H15L3 33V15z', 'M16 16l16 16M32 16L16 32'],
		'at-risk': ['M24 4l22 40H2z', 'M24 18v13M24 36v3'], unknown: ['M6 6h36v36H6z', 'M17 19c0-9 14-9 14 0 0 5-7 5-7 10M24 34v3']
	};
	var LEVELS = { pass: 'ready', fail: 'not-ready' };
	var STALE = 900; // seconds: something is looked at each ten minutes

	var lang = '', version = '0', snap, born = 0, failures = 0, starting, request, timer, free = 0, asked, opened = {};

	function id(name) { return document.getElementById(name); }
	function now() { return performance.now() / 1000; } // unlike Date, does not step with the clock
	function has(o, key) { return Object.prototype.hasOwnProperty.call(o, key); }
	function word(table, key) {
		var x = has(table, key) && table[key];
		return x && (lang === 'zh' ? x[0] : x[1]) || String(key || '').replace(/-/g, ' ');
	}
	function t(key, a, b) {
		return word(WORDS, key).replace('{0}', function () { return a; }).replace('{1}', function () { return b; });
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
		function svg(tag, a) {
			var e = document.createElementNS('http://www.w3.org/2000/svg', tag);
			Object.keys(a).forEach(function (k) { e.setAttribute(k, a[k]); });
			return e;
		}
		var s = svg('svg', { viewBox: '0 0 48 48', 'class': 'sym ' + level, 'aria-hidden': 'true' });
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

	function drawVerdict(question) {
		var a = snap.verdict[question], f = find(a.root), own = question + ' ' + a.level;
		var rests = (a.rests_on || []).map(function (r) { return word(WORDS.rest, r); }).join(', ');
		return el('section', 'v ' + a.level, symbol(a.level), el('div', 'say', el('h2', '', dots(t(question), rests && t('rests', rests))),
			p('level', word(WORDS.level, has(WORDS.level, own) ? own : a.level)),
			p('why', f ? name(f) : a.root ? a.root.code : a.lacks && word(WORDS.lacks, a.lacks)),
			p('who', f && who(f))));
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
		other.onclick = function () { choose(lang === 'zh' ? 'en' : 'zh'); };
		head.textContent = '';
		head.appendChild(el('div', 'who', el('h1', '', terminal.id || 'poshealth'), p('', dots(terminal.model, terminal.os)),
			snap && p('', dots(t('at', clock(s.at, 19)), typeof off === 'number' && t('offset', (off < 0 ? '' : '+') + seconds(off) + (error ? ' ± ' + seconds(error) : ''))))));
		head.appendChild(other);
	}
	function draw() {
		document.documentElement.lang = lang;
		drawHead();
		tick();
		if (!snap) { return; }
		var v = snap.verdict, main = document.createDocumentFragment(), due = v.deadline, cause = due && find({ code: due.code });
		var roots = [find(v.take_card.root), find(v.settle.root)].filter(function (f, i, all) { return f && all.indexOf(f) === i; });
		var others = snap.findings.filter(function (f) { return roots.indexOf(f) < 0 && rootOf(f) === f; });
		function until(key, at) { if (at) { main.appendChild(p('none', t(key) + ' → ' + clock(at))); } }
		function part(key) { main.appendChild(el('h2', 'part', t(key))); }
		var told = snap.told || {}, muted = told.display_muted_until;
		if (told.notice) { main.appendChild(p('none', told.notice[lang])); }
		until('muted', muted);
		until('stopped', told.probing_stopped_until);
		if (!muted) { drawAll(); }
		id('main').textContent = '';
		id('main').appendChild(main);
		document.title = (muted ? '' : id('main').querySelector('.level').textContent + ' · ') + snap.terminal.id;
		function drawAll() {
			main.appendChild(el('div', 'vs', drawVerdict('take_card'), drawVerdict('settle')));
			main.appendChild(el('p', 'again ' + v.charge_again, word(WORDS.again, v.charge_again)));
			if (v.unsettled) { main.appendChild(p('deadline', v.unsettled.text)); } else if (due) { main.appendChild(p('deadline', t('deadline', clock(due.at), cause ? name(cause) : due.code))); }
			if (roots.length) { part('next'); }
			roots.forEach(function (f) { main.appendChild(drawFinding(f)); });
			if (others.length) { part('also'); }
			others.forEach(function (f) { main.appendChild(drawFinding(f, below(f).length ? '' : 'also')); });
			if (!snap.findings.length) { main.appendChild(p('none', t('none'))); }
			part('looked');
			Object.keys(GROUPS).forEach(function (g) { drawGroup(g, main); });
			main.appendChild(drawSelf());
		}
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
			tick();
			timer = setTimeout(poll, ok ? 1000 : Math.min(10, 3 + failures) * 1000); // looks end one by one: once a second will do
		});
	}
	function take(x) {
		var s, v = x.getResponseHeader('Poshealth-Version');
		try { s = JSON.parse(x.responseText); } catch (e) { return false; }
		if (!v || !s || !s.verdict) { return false; }
		born = now() - (parseFloat(x.getResponseHeader('Poshealth-Age')) || 0);
		if (v !== version) {
			version = v;
			snap = s;
			lang = x.getResponseHeader('Content-Language');
			draw();
		}
		return true;
	}
	function choose(l) {
		lang = l;
		try { localStorage.setItem('lang', l); } catch (e) { /* a WebView without storage asks each time */ }
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
	try { lang = localStorage.getItem('lang'); } catch (e) { /* asked of the agent */ }
	lang = (/[?&]lang=(zh|en)\b/.exec(location.search + '&lang=' + lang) || [0, ''])[1];
	setInterval(tick, 1000);
	draw();
	poll();
}());
