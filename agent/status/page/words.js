// All words of the page, Chinese and English; where one is missing the snapshot's own word serves. ES5, for old WebViews.
var POSHEALTH = { words: {
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
	deadline: ['须在 {0} 前处理', 'Act before {0}'], strip: ['{0}：{1}', '{0}: {1}'], party: ['责任方 {0}', 'whose: {0}'], rests: ['依据 {0}', 'rests on {0}'],
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
	stale: ['已 {0}没有新数据，不能作准', 'No news for {0}: do not rely on this'],
	views: { merchant: ['商户', 'Merchant'], technician: ['技术', 'Technician'] }, view: ['{0}页面', '{0} view'],
	details: ['技术人员请看详情', 'For the technician: details'],
	day: ['过去 24 小时', 'The last 24 hours'],
	before: ['24 小时前', '24 h ago'], present: ['现在', 'now'],
	levels: { r: ['正常', 'ready'], u: ['未知', 'unknown'], a: ['有风险', 'at risk'], n: ['不可用', 'not ready'], '.': ['无记录', 'no record'] },
	charts: { rtt_ms: ['网络往返', 'Round trip'], signal_dbm: ['信号', 'Signal'], clock_offset_ms: ['时钟偏差', 'Clock offset'] },
	range: ['{0}（最低 {1}，最高 {2}）', '{0} (least {1}, most {2})'],
	card: ['支持卡：用手机扫码，读给热线', 'Support card: scan it, and read it to the hotline'],
	cardAlt: ['支持卡二维码：终端号、版本、结论和问题代码，不含金额', 'QR code of the support card: terminal, versions, verdicts and codes, no amounts'],
	offline: ['终端未能上报，热线看不到本机。', 'This terminal cannot report: the hotline does not see it.']
} };
