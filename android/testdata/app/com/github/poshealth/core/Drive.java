package com.github.poshealth.core;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

import com.github.poshealth.core.feed.Battery;
import com.github.poshealth.core.feed.Facts;
import com.github.poshealth.core.feed.Net;
import com.github.poshealth.core.feed.PaymentPackage;
import com.github.poshealth.core.feed.Phone;
import com.github.poshealth.core.feed.Signal;
import com.github.poshealth.core.feed.Switches;
import com.github.poshealth.core.feed.Wifi;

/**
 * The app without Android: what it decides, put together as HealthService and IntakeService do, with a JVM's socket. A test says on its input
 * what is to happen, a line each, and reads on its output what did.
 */
public final class Drive implements Supervisor.Listener {
    private static final byte[] OURS = "our certificate".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] THEIRS = "their certificate".getBytes(StandardCharsets.US_ASCII);

    private final File dir;
    private final File config;
    private final AgentClient agent;
    private Process process;

    private Drive(File dir) {
        this.dir = dir;
        this.config = new File(dir, "poshealth.toml");
        this.agent = new AgentClient(new UnixTransport(new File(dir, "state/poshealth.sock").getPath()));
    }

    private static synchronized void say(String line) {
        System.out.println(line.trim().replace("\n", " "));
    }

    /** Drive FOLDER PROGRAM: the app's folder, and libposhealth.so. */
    public static void main(String[] args) throws Exception {
        Drive d = new Drive(new File(args[0]));
        new File(d.dir, "state").mkdirs();
        new File(d.dir, "terminal/system/bin").mkdirs();
        new ConfigFile(new File(d.dir, "terminal/system/bin/getprop")).replace("# an Android that answers nothing\n", null);
        d.configure("400-000-0000");
        Supervisor supervisor = new Supervisor(() -> d.launch(args[1]), new BoundedLog(new File(d.dir, "agent.log")), d);
        LineQueue queue = new LineQueue();
        IntakeDesk desk = new IntakeDesk(uid -> uid == 1 ? Arrays.asList(OURS) : uid == 2 ? Arrays.asList(THEIRS) : null,
            new Signers(Arrays.asList(Signers.sha256("our certificate"))), queue);
        Forwarder forwarder = new Forwarder(queue, d.agent);
        Watch watch = new Watch(d.agent, "zh", notice -> say("notice " + notice.title + " " + notice.text));
        FeedLoop feed = new FeedLoop(d.agent, Drive::facts, reply -> say("feed " + reply.code + " " + reply.body));
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ", 3);
            switch (words[0]) {
                case "start":
                    start("agent", supervisor, true);
                    break;
                case "watch":
                    start("watch", watch, false);
                    break;
                case "feed":
                    start("feed", feed, false);
                    break;
                case "kick":
                    feed.kick();
                    break;
                case "odd":
                    AgentClient.Reply r = d.agent.feed(odd());
                    say("odd " + r.code + " " + r.body);
                    break;
                case "forward":
                    start("forward", forwarder, false);
                    break;
                case "tell":
                    long from = System.nanoTime();
                    int code = desk.tell(Integer.parseInt(words[1]), words[2], (c, answer) -> say("answered " + c + " " + answer));
                    say("told " + code + " " + (System.nanoTime() - from) / 1000);
                    break;
                case "flood":
                    flood(desk, queue, Integer.parseInt(words[1]));
                    break;
                case "status":
                    try {
                        say("status " + d.agent.status("en", "", 0).json);
                    } catch (IOException e) {
                        say("status {}");
                    }
                    break;
                case "phone": // a parameter becomes another
                    d.configure(words[1]);
                    supervisor.configurationChanged();
                    break;
                case "spoil": // and one that the agent refuses, as a hand would write it
                    Files.write(d.config.toPath(), "nonsense = true\n".getBytes(StandardCharsets.UTF_8), StandardOpenOption.APPEND);
                    supervisor.configurationChanged();
                    break;
                case "stop":
                    supervisor.close();
                    break;
                default:
                    throw new IllegalArgumentException(line);
            }
        }
        supervisor.close();
        System.exit(0);
    }

    private static void start(String name, Runnable work, boolean tell) {
        Thread t = new Thread(() -> {
            work.run();
            if (tell) {
                say("over");
            }
        }, name);
        t.setDaemon(true);
        t.start();
    }

    /** The configuration as the app writes it, but for the page's port, which other tests want too; of a terminal that nothing can be read of. */
    private void configure(String phone) throws IOException {
        Map<String, String> p = new HashMap<>();
        p.put(Parameters.PHONE, phone);
        p.put(Parameters.TENANT, "demo");
        p.put(Parameters.TERMINAL, "T0000001");
        p.put(Parameters.PACKAGE, "com.example.pay");
        p.put(Parameters.SIGNERS, Signers.sha256("our certificate"));
        String text = ConfigText.of(new Parameters(p), new File(dir, "state").getPath(), new File(dir, "claim.txt").getPath(), "zh");
        text = text.replace("[terminal]\n", "[terminal]\nroot = " + Toml.quoted(new File(dir, "terminal").getPath()) + "\n");
        new ConfigFile(config).replace(text + "\n[local]\nlisten = \"\"\n", null);
    }

    private Process launch(String program) throws IOException {
        process = new ProcessBuilder(program, "run", "--config", config.getPath()).redirectErrorStream(true).start();
        return process;
    }

    @Override
    public void started() {
        say("started " + process.pid());
    }

    @Override
    public void ended(int code, String why, long waitMillis) {
        say("ended " + code + " " + waitMillis + " " + why);
    }

    /** Sales as fast as they come: how long the slowest call took and the 99th of a hundred, in µs, and how many lines were lost so far. */
    private static void flood(IntakeDesk desk, LineQueue queue, int n) {
        long[] took = new long[n];
        for (int i = 0; i < n; i++) {
            String sale = "{\"v\":1,\"kind\":\"txn.end\",\"boot\":\"9f03ac21\",\"seq\":" + (1000 + i) + ",\"at\":" + System.currentTimeMillis()
                + ",\"ref\":\"" + i + "\",\"type\":\"sale\",\"outcome\":\"approved\",\"offline\":false}";
            long from = System.nanoTime();
            desk.tell(1, sale, null);
            took[i] = System.nanoTime() - from;
        }
        Arrays.sort(took);
        say("flood " + took[n - 1] / 1000 + " " + took[n * 99 / 100] / 1000 + " " + queue.lost() + " " + queue.size());
    }

    /** Every field that the app can fill, and what Java says where it knows nothing. */
    private static Facts facts() {
        Facts f = new Facts();
        Phone p = new Phone();
        p.voiceState = 0;
        p.dataRegistered = true;
        p.networkType = 13;
        p.operator = "46000";
        p.roaming = false;
        p.dataState = 2;
        p.apn = "cmnet";
        p.signal = new Signal();
        p.signal.rat = "lte";
        p.signal.dbm = -98;
        p.signal.rsrqDb = -11;
        p.signal.snrDb = 7;
        p.signal.level = 3;
        Phone unknown = new Phone();
        unknown.slot = 1;
        unknown.voiceState = 9;
        unknown.networkType = 18;
        unknown.operator = "";
        unknown.dataState = -1;
        unknown.signal = new Signal();
        unknown.signal.rat = "nr";
        unknown.signal.dbm = Integer.MAX_VALUE;
        unknown.signal.rsrqDb = Integer.MAX_VALUE;
        unknown.signal.snrDb = 99;
        unknown.signal.level = -1;
        f.phones(Arrays.asList(p, unknown));
        f.sims(Arrays.asList(5, 1, 0, 77));
        Net mobile = new Net();
        mobile.id = 101;
        mobile.bearer = "mobile";
        mobile.interfaceName = "rmnet_data0";
        mobile.connected = mobile.internet = mobile.validated = mobile.notVpn = mobile.metered = true;
        mobile.captivePortal = mobile.partial = mobile.suspended = false;
        mobile.apn = "cmnet";
        mobile.privateDns = "opportunistic";
        mobile.dns.addAll(Arrays.asList("192.0.2.53", "2001:db8::53", "fe80::1%rmnet_data0"));
        Net wifi = new Net();
        wifi.id = 102;
        wifi.bearer = "wi-fi";
        wifi.apn = "\"the shop's own name\""; // never told
        wifi.interfaceName = "a name that no kernel gives";
        f.put("connectivity", Net.json(Arrays.asList(mobile, wifi, new Net()), 101, null));
        Wifi w = new Wifi();
        w.enabled = w.connected = true;
        w.rssiDbm = -57;
        w.linkMbps = -1;
        w.frequencyMhz = 5180;
        f.put("wifi", w.json());
        Battery b = new Battery();
        b.present = true;
        b.level = 83;
        b.scale = 100;
        b.plugged = 2;
        b.health = 2;
        b.temperature = 315;
        f.put("battery", b.json());
        Switches s = new Switches();
        for (String name : Switches.GLOBAL) {
            s.put(name, "mobile_data2".equals(name) ? null : "1");
        }
        s.put(Switches.LOCATION, "3");
        s.put("device_name", "the shop's own name"); // never told
        f.put("settings", s.json());
        PaymentPackage a = new PaymentPackage();
        a.name = "com.example.pay";
        a.found = a.installed = true;
        a.versionName = "3.4.1";
        a.versionCode = 30401L;
        a.minSdk = 21;
        a.targetSdk = 30;
        a.firstInstall = a.lastUpdate = 1763888400000L;
        a.codePath = "/data/app/com.example.pay-1";
        a.uid = 10057;
        a.sharedUser = a.debuggable = a.testOnly = a.stopped = a.suspended = false;
        a.installer = "com.example.market";
        a.enabled = 0;
        a.signatureHashes.add(0xacbaf040);
        a.permission("android.permission.CAMERA", true, true);
        a.permission("com.example.OWN", false, null);
        f.put("package", a.json());
        return f;
    }

    /** As above, with a part that the agent does not take. */
    private static Facts odd() {
        Facts f = facts();
        f.put("battery", "{\"present\":\"perhaps\"}");
        return f;
    }
}
