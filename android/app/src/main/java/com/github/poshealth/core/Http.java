package com.github.poshealth.core;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * One request of HTTP over a stream, and its answer: as much of HTTP as the agent's socket needs. HTTP/1.0, so that the answer ends with the
 * connection and comes in one piece.
 */
final class Http {
    /** The bound of an answer in bytes; a snapshot with forty findings has 60 kB. */
    static final int MAX_ANSWER = 512 * 1024;

    private static final int MAX_HEAD = 16 * 1024;
    private static final Charset UTF8 = Charset.forName("UTF-8");

    /** What came. */
    static final class Answer {
        final int code;
        final String body;
        private final Map<String, String> headers;

        Answer(int code, Map<String, String> headers, String body) {
            this.code = code;
            this.headers = headers;
            this.body = body;
        }

        /** A header by its lower-case name; "": it is not there. */
        String header(String name) {
            String value = headers.get(name);
            return value == null ? "" : value;
        }
    }

    private Http() {
    }

    static Answer get(Transport transport, String path, int timeoutMillis) throws IOException {
        return exchange(transport, "GET " + path + " HTTP/1.0\r\nHost: localhost\r\n\r\n", new byte[0], timeoutMillis);
    }

    static Answer post(Transport transport, String path, String type, String body, int timeoutMillis) throws IOException {
        byte[] b = body.getBytes(UTF8);
        String head = "POST " + path + " HTTP/1.0\r\nHost: localhost\r\nContent-Type: " + type + "\r\nContent-Length: " + b.length + "\r\n\r\n";
        return exchange(transport, head, b, timeoutMillis);
    }

    private static Answer exchange(Transport transport, String head, byte[] body, int timeoutMillis) throws IOException {
        Transport.Channel channel = transport.open(timeoutMillis);
        try {
            byte[] h = head.getBytes(UTF8);
            byte[] all = new byte[h.length + body.length];
            System.arraycopy(h, 0, all, 0, h.length);
            System.arraycopy(body, 0, all, h.length, body.length);
            channel.out().write(all);
            channel.out().flush();
            return read(channel.in());
        } finally {
            channel.close();
        }
    }

    static Answer read(InputStream in) throws IOException {
        String status = line(in);
        if (!status.matches("HTTP/1\\.[01] [1-5][0-9][0-9]( .*)?")) {
            throw new IOException("that is no answer of an agent");
        }
        Map<String, String> headers = new HashMap<String, String>();
        int head = status.length();
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            int colon = line.indexOf(':');
            head += line.length();
            if (colon < 0 || head > MAX_HEAD) {
                throw new IOException("that is no answer of an agent");
            }
            headers.put(line.substring(0, colon).trim().toLowerCase(Locale.ROOT), line.substring(colon + 1).trim());
        }
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        byte[] b = new byte[8192];
        for (int n = in.read(b); n >= 0; n = in.read(b)) {
            if (body.size() + n > MAX_ANSWER) {
                throw new IOException("an answer of more than " + MAX_ANSWER + " bytes");
            }
            body.write(b, 0, n);
        }
        String length = headers.get("content-length");
        if (length != null && !length.equals(String.valueOf(body.size()))) {
            throw new IOException("the answer did not come whole");
        }
        return new Answer(Integer.parseInt(status.substring(9, 12)), headers, new String(body.toByteArray(), UTF8));
    }

    private static String line(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0 || line.size() > MAX_HEAD) {
                throw new IOException("the answer did not come whole");
            }
            line.write(b);
        }
        return new String(line.toByteArray(), UTF8).trim();
    }
}
