package com.github.poshealth.core;

import java.io.IOException;

import com.github.poshealth.core.feed.Facts;

/** Asks and tells the agent over its socket. Each call is a connection of its own, and belongs on a thread that may wait. */
public final class AgentClient {
    /** What the agent said to a request. */
    public static final class Reply {
        public final int code; // HTTP's
        public final String body; // JSON

        Reply(int code, String body) {
            this.code = code;
            this.body = body;
        }
    }

    /** A snapshot. */
    public static final class Status {
        public final String version; // to be given as after
        public final String json;

        Status(String version, String json) {
            this.version = version;
            this.json = json;
        }
    }

    static final int TIMEOUT_MS = 5000; // an agent that is there answers within milliseconds; a terminal may be busy
    private static final int MARGIN_MS = 10000; // beyond what the agent was asked to wait

    private final Transport transport;

    public AgentClient(Transport transport) {
        this.transport = transport;
    }

    /**
     * Asks for the snapshot, with texts.
     *
     * @param lang zh or en
     * @param after the version that is known; "": none, and it answers at once
     * @param waitSeconds for how long the agent may wait for another one, 25 at most
     */
    public Status status(String lang, String after, int waitSeconds) throws IOException {
        String path = "/v1/status?lang=" + lang + (after.isEmpty() ? "" : "&after=" + after + "&wait=" + waitSeconds);
        Http.Answer a = Http.get(transport, path, after.isEmpty() ? TIMEOUT_MS : waitSeconds * 1000 + MARGIN_MS);
        if (a.code != 200) {
            throw new IOException("the agent answers " + a.code);
        }
        return new Status(a.header("poshealth-version"), a.body);
    }

    /**
     * Tells facts. Where the agent does not take all of them it is asked about each part alone.
     *
     * @return what it said to all of it, or to the first part that it refused: 202 where it took everything
     */
    public Reply feed(Facts facts) throws IOException {
        Reply all = post("/v1/feed", "application/json", facts.body());
        if (all.code != 400) {
            return all;
        }
        Reply refused = all;
        for (String body : facts.alone().values()) {
            Reply one = post("/v1/feed", "application/json", body);
            if (one.code == 400 && refused == all) {
                refused = one;
            }
        }
        return refused;
    }

    /** Tells events of the payment app, a line each. */
    public Reply intake(String lines) throws IOException {
        return post("/v1/intake", "application/x-ndjson", lines);
    }

    private Reply post(String path, String type, String body) throws IOException {
        Http.Answer a = Http.post(transport, path, type, body, TIMEOUT_MS);
        return new Reply(a.code, a.body);
    }
}
