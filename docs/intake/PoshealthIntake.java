import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.Charset;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Tells the poshealth agent on the same terminal what a payment app does. Copy this file into the app; it needs nothing else than Java 7
 * (Android 4.4 and later) and the permission INTERNET. It speaks bare lines over loopback TCP, which Android's ban of cleartext HTTP does
 * not concern.
 *
 * <p>The app never waits: {@link #tell} puts an event into a short queue and returns, on any thread, whether the agent is there, stopped,
 * or none was ever installed. docs/intake.md has the events and their fields. No card's number, nor any part of one, is in any of them.
 */
public final class PoshealthIntake implements Closeable {
    /** Gives the fields of a "state" event as the app stands now. It is called on a thread of the client's. */
    public interface State {
        Map<String, ?> now();
    }

    private static final int MAX_QUEUE = 64; // events; the oldest goes where one more comes
    private static final int MAX_LINE = 1024; // bytes
    private static final int CONNECT_MS = 50;
    private static final int REPLY_MS = 1000; // an agent that is stopped takes lines, and answers none
    private static final long STATE_MS = 600000; // the app's state is told at least so often
    private static final int STATE_TRIES = 3; // to get a state between two events
    private static final long FIRST_RETRY_MS = 1000; // an agent that is not there is looked for more and more rarely
    private static final long LAST_RETRY_MS = 60000;
    private static final Charset UTF8 = Charset.forName("UTF-8");

    private final String host;
    private final int port;
    private final File tokenFile;
    private final State state;
    private final String boot = String.format("%08x", new Random().nextInt());

    // Guarded by this.
    private final ArrayDeque<byte[]> queue = new ArrayDeque<byte[]>();
    private int seq;
    private long lost;
    private boolean owesState;
    private boolean closed;

    // Of the client's thread.
    private Socket socket;
    private InputStream in;
    private byte[] token = new byte[0]; // to be shown with the first line

    /**
     * Starts a client. It reaches for the agent when there is something to tell.
     *
     * @param host 127.0.0.1
     * @param port 7312, or what the terminal's configuration has as lines in [intake]
     * @param tokenFile intake.token, as the agent made it; it is read anew with each connection
     * @param state asked at the start, each ten minutes, and when events were lost; null: the app tells its state itself
     */
    public PoshealthIntake(String host, int port, File tokenFile, State state) {
        this.host = host;
        this.port = port;
        this.tokenFile = tokenFile;
        this.state = state;
        this.owesState = state != null;
        Thread thread = new Thread("poshealth-intake") {
            @Override
            public void run() {
                work();
            }
        };
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Queues an event: its kind and the fields of the contract, without those that all events have. Values are String, Boolean, Integer
     * or Long. It does not wait and does not throw: an event that cannot be written, or for which there is no room, is lost and counted.
     */
    public synchronized void tell(String kind, Map<String, ?> fields) {
        seq = seq == Integer.MAX_VALUE ? 1 : seq + 1;
        Map<String, Object> event = new LinkedHashMap<String, Object>();
        if (fields != null) {
            event.putAll(fields);
        }
        event.put("v", 1);
        event.put("kind", kind);
        event.put("boot", boot);
        event.put("seq", seq);
        event.put("at", System.currentTimeMillis());
        byte[] line = json(event);
        if (line == null || line.length > MAX_LINE) {
            lost++;
            return;
        }
        if (queue.size() == MAX_QUEUE) {
            queue.removeFirst();
            lost++;
            owesState = state != null;
        }
        queue.addLast(line);
        notifyAll();
    }

    /** Counts events that no agent will hear of. */
    public synchronized long lost() {
        return lost;
    }

    /** Ends the client at once. What is still queued is lost. */
    @Override
    public synchronized void close() {
        closed = true;
        notifyAll();
    }

    private void work() {
        long retry = FIRST_RETRY_MS;
        while (true) {
            long pause = 0;
            try {
                pause = deliver();
                retry = pause > 0 ? retry : FIRST_RETRY_MS;
            } catch (IOException e) {
                hangUp();
                pause = retry;
                retry = Math.min(2 * retry, LAST_RETRY_MS);
            } catch (RuntimeException e) { // of the app's own state: it must not end the telling
                hangUp();
                pause = LAST_RETRY_MS;
            }
            if (!rest(pause)) {
                hangUp();
                return;
            }
        }
    }

    /** Waits for the pause to pass, or without one for news; false: the client is closed. */
    private synchronized boolean rest(long pauseMillis) {
        long wait = pauseMillis > 0 ? pauseMillis : STATE_MS;
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(wait);
        while (!closed && (pauseMillis > 0 || queue.isEmpty() && !owesState)) {
            long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            if (left <= 0) {
                owesState = owesState || pauseMillis == 0 && state != null;
                break;
            }
            try {
                wait(left);
            } catch (InterruptedException e) {
                return false;
            }
        }
        return !closed;
    }

    /** A state speaks of all that was told before it. What is told while the app is asked it may not know of: then it is asked again. */
    private void tellState() {
        for (int tries = 0; tries < STATE_TRIES; tries++) {
            int before;
            synchronized (this) {
                before = seq;
            }
            Map<String, ?> fields = state.now();
            synchronized (this) {
                if (seq == before) {
                    tell("state", fields);
                    return;
                }
            }
        }
        synchronized (this) {
            owesState = true; // in a busier moment than any shop has
        }
    }

    /** Sends the queue, a line and its reply at a time; returns for how many milliseconds the agent wants to be left alone. */
    private long deliver() throws IOException {
        if (oldest() == null && !owes(false)) {
            return 0;
        }
        if (socket == null) {
            connect();
        }
        while (true) {
            byte[] line = oldest();
            if (line == null) {
                if (!owes(true)) {
                    return 0;
                }
                tellState(); // after all that came before it, and with room for it
                continue;
            }
            String reply = exchange(line);
            if (number(reply, "code") == 401) {
                throw new IOException("the agent wants another token");
            }
            int seconds = number(reply, "retry_s");
            if (seconds > 0) {
                return Math.min(seconds, 3600) * 1000L;
            }
            sent(line);
        }
    }

    private synchronized byte[] oldest() {
        return closed ? null : queue.peekFirst();
    }

    private synchronized void sent(byte[] line) {
        if (queue.peekFirst() == line) { // it may have had to make room
            queue.removeFirst();
        }
    }

    private synchronized boolean owes(boolean paid) {
        boolean owed = owesState;
        owesState = owed && !paid;
        return owed;
    }

    private void connect() throws IOException {
        token = new byte[0];
        if (tokenFile != null) {
            InputStream file = new FileInputStream(tokenFile);
            try {
                token = readLine(file).concat("\n").getBytes(UTF8);
            } finally {
                file.close();
            }
        }
        Socket s = new Socket();
        try {
            s.setTcpNoDelay(true);
            s.setSoTimeout(REPLY_MS);
            s.connect(new InetSocketAddress(host, port), CONNECT_MS);
            in = new BufferedInputStream(s.getInputStream());
            socket = s;
        } finally {
            if (socket == null) {
                s.close();
            }
        }
    }

    private void hangUp() {
        try {
            if (socket != null) {
                socket.close();
            }
        } catch (IOException e) {
            // it is gone all the same
        }
        socket = null;
    }

    private String exchange(byte[] line) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(token);
        out.write(line);
        out.write('\n');
        token = new byte[0];
        socket.getOutputStream().write(out.toByteArray()); // a kilobyte into an empty buffer: it does not wait
        String reply = readLine(in);
        if (!reply.startsWith("{")) {
            throw new IOException("that is no agent");
        }
        return reply;
    }

    private static String readLine(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0 && line.size() == 0 || line.size() > MAX_LINE) {
                throw new IOException("the line did not come whole");
            }
            if (b < 0) {
                break;
            }
            line.write(b);
        }
        return new String(line.toByteArray(), UTF8).trim();
    }

    /** The number of a name in a reply, which is flat; 0: it is not there. */
    private static int number(String reply, String name) {
        int at = reply.indexOf("\"" + name + "\":");
        int n = 0;
        for (int i = at + name.length() + 3; at >= 0 && i < reply.length() && Character.isDigit(reply.charAt(i)) && n < 100000; i++) {
            n = 10 * n + reply.charAt(i) - '0';
        }
        return n;
    }

    /** An event as a line; null: a value is of no type that events have. */
    private static byte[] json(Map<String, Object> event) {
        StringBuilder s = new StringBuilder();
        for (Map.Entry<String, Object> field : event.entrySet()) {
            Object v = field.getValue();
            s.append(s.length() == 0 ? "{" : ",").append(quoted(field.getKey())).append(':');
            if (v instanceof String) {
                s.append(quoted((String) v));
            } else if (v instanceof Boolean || v instanceof Integer || v instanceof Long) {
                s.append(v);
            } else {
                return null;
            }
        }
        return s.append('}').toString().getBytes(UTF8);
    }

    private static String quoted(String text) {
        StringBuilder s = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                s.append('\\').append(c);
            } else if (c < ' ' || c > '~') {
                s.append(String.format("\\u%04x", (int) c));
            } else {
                s.append(c);
            }
        }
        return s.append('"').toString();
    }
}
