package com.github.poshealth.core;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** What the app decides by itself, without Android and without an agent. */
public final class Logic {
    public static void main(String[] args) throws Exception {
        backoff();
        toml();
        parameters();
        files(new File(args[0]));
        logs(new File(args[0]));
        signers();
        desk();
        queue();
        http();
        notices();
        loopback();
        watch();
        forwarder();
        System.out.println(Check.checks + " checks, " + Check.failed + " failed");
        System.exit(Check.failed == 0 && Check.checks > 80 ? 0 : 1);
    }

    private static void backoff() {
        Backoff b = new Backoff();
        Check.equal("asked to stop", Backoff.NEVER, b.after(0, 5, false));
        Check.equal("cannot start", Backoff.WHEN_CHANGED, b.after(3, 5, false));
        Check.equal("another runs", 300000L, b.after(3, 5, true));
        List<Long> waits = new ArrayList<>();
        for (int i = 0; i < 11; i++) {
            waits.add(b.after(137, 5, false));
        }
        Check.equal("killed", Arrays.asList(1000L, 2000L, 4000L, 8000L, 16000L, 32000L, 64000L, 128000L, 256000L, 300000L, 300000L), waits);
        Check.equal("killed after it was well", 1000L, b.after(137, 600000, false));
        Check.equal("and again at once", 2000L, b.after(2, 1, false));
        b.reset();
        Check.equal("another configuration", 1000L, b.after(-1, 0, false));
    }

    private static void toml() {
        Check.equal("plain", "\"a\"", Toml.quoted("a"));
        Check.equal("quotes", "\"\\\"\\\\\"", Toml.quoted("\"\\"));
        Check.equal("a line", "\"a\\u000A[mqtt]\\u0000\\u007F\"", Toml.quoted("a\n[mqtt]\0\177"));
        Check.equal("letters", "\"\u4ea4\ud83d\ude00\"", Toml.quoted("\u4ea4\ud83d\ude00"));
        Check.equal("half a letter", "\"\ufffd\"", Toml.quoted("\ud83d"));
        Check.equal("a comment stays one", "# a [b]\n", new Toml().comment("a\n[b]".replace("[", "[")).toString());
    }

    private static void parameters() {
        Check.holds("nothing", !new Parameters(null).any());
        Check.holds("unknown names", !new Parameters(Collections.singletonMap("other", "x")).any());
        Check.holds("blank", !new Parameters(Collections.singletonMap("broker", "  ")).any());
        Parameters p = new Parameters(Collections.singletonMap("payment_signers", " AA:" + colons("bb", 31) + " ; nonsense,"));
        Check.equal("signers", Arrays.asList("aa" + "bb".repeat(31), "nonsense"), p.signers());
        Check.equal("bounded", 2048, new Parameters(Collections.singletonMap("hosts", "x".repeat(9999))).get("hosts").length());
        Check.equal("a bounded list", 16, new Parameters(Collections.singletonMap("hosts", "x=y ".repeat(99))).list("hosts").size());
    }

    private static String colons(String pair, int n) {
        return String.join(":", Collections.nCopies(n, pair));
    }

    private static void files(File dir) throws Exception {
        File f = new File(dir, "c.toml");
        ConfigFile c = new ConfigFile(f);
        Check.equal("not there", null, c.read());
        Check.holds("made", c.replace("a = 1\n", null));
        long made = f.lastModified();
        Check.holds("the same", !c.replace("a = 1\n", candidate -> {
            throw new AssertionError("asked for nothing");
        }));
        Check.equal("is not written", made, f.lastModified());
        Check.fails("faulty", IOException.class, () -> c.replace("b\n", candidate -> "line 1: it is wrong"));
        Check.equal("changes nothing", "a = 1\n", c.read());
        Check.holds("and leaves nothing", !new File(dir, "c.toml.new").exists());
        Check.holds("good", c.replace("\u4ea4\n", candidate -> candidate.length() == 4 ? null : "not there yet"));
        Check.equal("replaces", "\u4ea4\n", c.read());
        Check.fails("no folder", java.io.FileNotFoundException.class, () -> new ConfigFile(new File(dir, "no/c")).replace("a", null));

        File token = new File(dir, "claim.txt");
        Claim claim = new Claim(token, new File(dir, "claim.sha256"));
        Check.holds("no token", !claim.offer(""));
        Check.holds("a token", claim.offer("mfrggzdfmztwq2lk"));
        Check.equal("lies there", "mfrggzdfmztwq2lk\n", new ConfigFile(token).read());
        Check.holds("used", token.delete());
        Check.holds("is not offered again", !claim.offer("mfrggzdfmztwq2lk") && !token.exists());
        Check.holds("another one is", claim.offer("another-token-000") && token.exists());
        Check.holds("what is remembered is no token", !new ConfigFile(new File(dir, "claim.sha256")).read().contains("another"));
    }

    private static void logs(File dir) throws Exception {
        BoundedLog log = new BoundedLog(new File(dir, "agent.log"));
        log.pump(new ByteArrayInputStream("time=1 msg=a\nposhealth: it cannot: \u4ea4\nhint: do".getBytes(StandardCharsets.UTF_8)));
        Check.equal("the last word", "it cannot: \u4ea4", log.lastWord());
        log.forget();
        log.pump(new ByteArrayInputStream(new byte[3 * BoundedLog.MAX_FILE]));
        Check.equal("none", "", log.lastWord());
        long both = new File(dir, "agent.log").length() + new File(dir, "agent.log.1").length();
        Check.holds("bounded: " + both, both <= 2 * BoundedLog.MAX_FILE && both > BoundedLog.MAX_FILE);
        BoundedLog nowhere = new BoundedLog(new File(dir, "no/agent.log"));
        nowhere.pump(new ByteArrayInputStream("poshealth: full".getBytes(StandardCharsets.UTF_8)));
        Check.equal("where nothing can be written", "full", nowhere.lastWord());
    }

    private static final byte[] OURS = "our certificate".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] THEIRS = "their certificate".getBytes(StandardCharsets.US_ASCII);

    private static void signers() {
        String hash = Signers.sha256("our certificate");
        Check.equal("a known hash", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", Signers.sha256("abc"));
        for (String written : new String[] {hash, hash.toUpperCase(), hash.replaceAll("..(?=.)", "$0:")}) {
            Signers s = new Signers(Arrays.asList("nonsense", written));
            Check.holds("ours", s.allow(Arrays.asList(OURS)));
            Check.holds("one of two", s.allow(Arrays.asList(THEIRS, OURS)));
            Check.holds("theirs", !s.allow(Arrays.asList(THEIRS)));
            Check.holds("nobody", !s.allow(null) && !s.allow(Collections.emptyList()) && !s.allow(Arrays.asList(new byte[0], null)));
        }
        Check.holds("an empty list lets in nobody", !new Signers(Collections.emptyList()).allow(Arrays.asList(OURS)));
        Check.holds("nor does nonsense", !new Signers(Arrays.asList("", hash.substring(1), hash + "0")).allow(Arrays.asList(OURS)));
        Check.holds("nor the hash of nothing", !new Signers(Arrays.asList(Signers.sha256(""))).allow(Arrays.asList(new byte[0])));
    }

    private static void desk() {
        LineQueue q = new LineQueue();
        IntakeDesk.Callers callers = uid -> uid == 1 ? Arrays.asList(OURS) : uid == 2 ? Arrays.asList(THEIRS) : null;
        IntakeDesk d = new IntakeDesk(callers, new Signers(Arrays.asList(Signers.sha256("our certificate"))), q);
        Check.equal("another's signature", 403, d.tell(2, "{}", null));
        Check.equal("nobody", 403, d.tell(3, "{}", null));
        Check.equal("nothing", 400, d.tell(1, null, null));
        Check.equal("blanks", 400, d.tell(1, "\r\n \n", null));
        Check.equal("a long line", 413, d.tell(1, "{}\n" + "x".repeat(1025), null));
        Check.equal("a line of long letters", 413, d.tell(1, "\u4ea4".repeat(342), null));
        Check.equal("many lines", 413, d.tell(1, "{}\n".repeat(65), null));
        Check.equal("a long text", 413, d.tell(1, " ".repeat(32769), null));
        Check.equal("of all that nothing was kept", 0, q.size());
        Check.equal("a line of 1024 bytes", 202, d.tell(1, "\u4ea4".repeat(341) + "x\r\n", null));
        Check.equal("64 lines", 202, d.tell(1, "{}\n".repeat(64), null));
        Check.equal("the oldest went", 1L, q.lost());
        d.allow(new Signers(Collections.emptyList()));
        Check.equal("other parameters", 403, d.tell(1, "{}", null));
    }

    private static void queue() throws Exception {
        LineQueue q = new LineQueue();
        for (int i = 0; i < 100; i++) {
            q.put("line " + i, null);
        }
        Check.equal("bounded", 64, q.size());
        Check.equal("counted", 36L, q.lost());
        List<LineQueue.Entry> batch = q.batch();
        Check.equal("the newest are kept", "line 36", batch.get(0).line);
        q.put("line 100", null); // while they are under way
        q.sent(batch);
        Check.equal("what came meanwhile stays", 1, q.size());
        Check.equal("and it is that", "line 100", q.batch().get(0).line);
        LineQueue big = new LineQueue();
        for (int i = 0; i < 64; i++) {
            big.put("x".repeat(1024), null);
        }
        int n = big.batch().size();
        Check.holds("a request is bounded: " + n, n >= 7 && n * 1025 <= 32 * 1024);
        big.close();
        Check.equal("closed", null, big.batch());
    }

    private static Http.Answer read(String text) throws IOException {
        return Http.read(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static void http() throws Exception {
        Http.Answer a = read("HTTP/1.0 202 Accepted\r\nX-Y:  z \r\ncontent-length: 3\r\n\r\n\u4ea4");
        Check.equal("code", 202, a.code);
        Check.equal("body", "\u4ea4", a.body);
        Check.equal("header", "z", a.header("x-y"));
        Check.equal("no header", "", a.header("x-z"));
        for (String wrong : new String[] {
            "", "HTTP/1.0 200", "SSH-2.0\r\n\r\n", "HTTP/1.0 20 OK\r\n\r\n", "HTTP/1.0 200 OK\r\nnonsense\r\n\r\n", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nfour",
            "HTTP/1.0 200 OK\r\n\r\n" + "x".repeat(Http.MAX_ANSWER + 1), "HTTP/1.0 200 OK\r\nA: " + "x".repeat(20000) + "\r\n\r\n",
        }) {
            Check.fails(wrong.substring(0, Math.min(60, wrong.length())), IOException.class, () -> read(wrong));
        }
    }

    private static String snapshot(String take, String settle, String takeRoot, String settleRoot) {
        return "{\"verdict\":{\"take_card\":{\"level\":\"" + take + "\",\"root\":" + takeRoot + "},\"settle\":{\"level\":\"" + settle + "\",\"root\":" + settleRoot
            + "}},\"findings\":[{\"code\":\"dns-failed\",\"subject\":\"\",\"title\":\"Names \\u89e3\"},{\"code\":\"cert\",\"subject\":\"a\",\"title\":\"Cert\"}]}\n";
    }

    private static void notices() {
        String dns = "{\"code\":\"dns-failed\",\"subject\":\"\"}", cert = "{\"code\":\"cert\",\"subject\":\"a\"}", other = "{\"code\":\"cert\",\"subject\":\"b\"}";
        Check.equal("well", "READY SETTLES ", Notice.of(snapshot("ready", "ready", "null", "null")).toString());
        Check.equal("the card", "NOT_READY CAUSE Names \u89e3", Notice.of(snapshot("not-ready", "at-risk", dns, cert)).toString());
        Check.equal("the settlement", "READY CAUSE Cert", Notice.of(snapshot("ready", "at-risk", "null", cert)).toString());
        Check.equal("the card is not known", "UNKNOWN CAUSE Cert", Notice.of(snapshot("unknown", "not-ready", "null", cert)).toString());
        Check.equal("nobody to blame", "AT_RISK UNSETTLED ", Notice.of(snapshot("at-risk", "not-ready", "null", other)).toString());
        Check.equal("nothing is known", "UNKNOWN NO_WORD ", Notice.of(snapshot("unknown", "unknown", "null", "null")).toString());
        Check.equal("a new word is no good one", "UNKNOWN NO_WORD ", Notice.of(snapshot("splendid", "splendid", "null", "null")).toString());
        for (String broken : new String[] {"", "[]", "{", "{\"a\":}", "{\"a\":1}x", "{\"verdict\":7,\"findings\":{}}", "[".repeat(99999), "{\"a\":\"\\q\"}", "{\"a\":tru}", "{\"a\":1-}"}) {
            Check.equal(broken.substring(0, Math.min(20, broken.length())), "UNKNOWN NO_WORD ", Notice.of(broken).toString());
        }
        Notice one = Notice.of(snapshot("ready", "at-risk", "null", cert));
        Check.equal("equal", one, Notice.of(snapshot("ready", "at-risk", "null", cert).replace("}\n", ",\"more\":[1.5e3,true,false,null,\"\\n\"]}")));
        Check.holds("not equal", !one.equals(Notice.of(snapshot("at-risk", "at-risk", "null", cert))) && !one.equals(Notice.ABSENT));
        Check.equal("bounded", 200, Notice.stopped("x".repeat(999)).cause.length());
    }

    private static void loopback() {
        Check.holds("the page", Loopback.allowed(Loopback.PAGE) && Loopback.allowed("http://127.0.0.1:7311/v1/status?lang=zh#x"));
        for (String other : new String[] {
            null, "", "https://127.0.0.1:7311/", "http://127.0.0.1/", "http://127.0.0.1:7312/", "http://localhost:7311/", "http://example.com/", "file:///sdcard/a",
            "http://127.0.0.1:7311@example.com/", "http://user@127.0.0.1:7311/", "javascript:alert(1)", "intent://127.0.0.1:7311/#Intent;end", "content://a/b",
            "data:text/html,x", "http://127.0.0.1.example.com:7311/", "http://[::1]:7311/", "//127.0.0.1:7311/", "http://127.0.0.1:7311\\@example.com/", "about:blank",
        }) {
            Check.holds(String.valueOf(other), !Loopback.allowed(other));
        }
    }

    /** A transport that answers what a list has, one a request, and fails when there is no more, or where it has nothing. */
    private static Transport answers(List<String> bodies, List<String> asked) {
        return timeout -> {
            String body = bodies.isEmpty() ? "" : bodies.remove(0);
            if (body.isEmpty()) {
                throw new IOException("nobody listens");
            }
            String code = body.matches("[1-5][0-9][0-9] (?s).*") ? "" : "200 OK\r\nPoshealth-Version: " + (100 - bodies.size()) + "\r\n\r\n";
            String answer = "HTTP/1.0 " + code + body;
            return new Transport.Channel() {
                private final ByteArrayOutputStream out = new ByteArrayOutputStream();

                @Override
                public InputStream in() {
                    String[] request = out.toString().split("\r\n\r\n", 2);
                    asked.add((request[0].split(" ")[1] + " " + request[1].trim().replace('\n', ' ')).trim());
                    return new ByteArrayInputStream(answer.getBytes(StandardCharsets.UTF_8));
                }

                @Override
                public OutputStream out() {
                    return out;
                }

                @Override
                public void close() {
                }
            };
        };
    }

    private static void watch() throws Exception {
        String well = snapshot("ready", "ready", "null", "null"), ill = snapshot("not-ready", "ready", "null", "null");
        List<String> asked = Collections.synchronizedList(new ArrayList<>());
        List<String> bodies = Collections.synchronizedList(new ArrayList<>(Arrays.asList(well, well.replace("}\n", ",\"x\":1}"), ill)));
        List<Notice> shown = Collections.synchronizedList(new ArrayList<>());
        Watch[] w = new Watch[1];
        w[0] = new Watch(new AgentClient(answers(bodies, asked)), "zh", notice -> {
            shown.add(notice);
            if (shown.size() == 2) {
                w[0].close();
            }
        });
        Thread t = new Thread(w[0]);
        t.start();
        t.join(30000);
        Check.equal("shown when it changes", Arrays.asList(Notice.of(well), Notice.of(ill)), shown);
        Watch late = new Watch(new AgentClient(answers(bodies, asked)), "en", shown::add);
        late.stopped("it cannot");
        late.stopped("it cannot");
        Check.equal("why it stopped, once", Arrays.asList(Notice.of(well), Notice.of(ill), Notice.stopped("it cannot")), shown);
        late.close();
        late.stopped("another");
        Check.equal("closed", 3, shown.size());
        Check.equal("asked", Arrays.asList("/v1/status?lang=zh", "/v1/status?lang=zh&after=98&wait=25", "/v1/status?lang=zh&after=99&wait=25"), asked);
    }

    /** What the agent does not take now is sent again, and what it refuses is not. */
    private static void forwarder() throws Exception {
        List<String> asked = Collections.synchronizedList(new ArrayList<>());
        List<String> bodies = Collections.synchronizedList(new ArrayList<>(Arrays.asList(
            "429 Too Many Requests\r\n\r\n{\"code\":429,\"retry_s\":1,\"error\":\"x\"}", "401 Unauthorized\r\n\r\n{\"code\":401}", "",
            "400 Bad Request\r\n\r\n{\"ack\":1,\"code\":400,\"line\":2}", "202 Accepted\r\n\r\n{\"ack\":1}")));
        LineQueue queue = new LineQueue();
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        IntakeDesk.Caller caller = (code, answer) -> heard.add(code + " " + answer);
        Forwarder f = new Forwarder(queue, new AgentClient(answers(bodies, asked)));
        queue.put("a", caller);
        queue.put("b", caller);
        Thread t = new Thread(f);
        t.start();
        Check.equal("refused, and told once", "400 {\"ack\":1,\"code\":400,\"line\":2}", heard.poll(30, TimeUnit.SECONDS));
        queue.put("c", caller);
        Check.equal("taken", "202 {\"ack\":1}", heard.poll(30, TimeUnit.SECONDS));
        f.close();
        t.join(30000);
        Check.holds("ended", !t.isAlive());
        Check.equal("asked", Arrays.asList("/v1/intake a b", "/v1/intake a b", "/v1/intake a b", "/v1/intake c"), asked);
        Check.equal("nothing waits", 0, queue.size());
        Check.equal("told no more", null, heard.poll());
    }
}
