package com.github.poshealth.core;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/** Carries the lines of the queue to the agent. An agent that is not there is looked for more and more rarely; the lines wait, as many as the queue holds. */
public final class Forwarder implements Runnable, Closeable {
    static final long FIRST_RETRY_MS = 1000;
    static final long LAST_RETRY_MS = 60000;
    private static final int MAX_RETRY_S = 3600;

    private final LineQueue queue;
    private final AgentClient agent;
    private volatile boolean closed;
    private Thread thread; // guarded by this

    public Forwarder(LineQueue queue, AgentClient agent) {
        this.queue = queue;
        this.agent = agent;
    }

    @Override
    public void run() {
        synchronized (this) {
            thread = Thread.currentThread();
        }
        long retry = FIRST_RETRY_MS;
        while (!closed) {
            try {
                List<LineQueue.Entry> batch = queue.batch();
                if (batch == null) {
                    return;
                }
                long pause;
                try {
                    pause = deliver(batch);
                    retry = FIRST_RETRY_MS;
                } catch (IOException e) {
                    pause = retry;
                    retry = Math.min(2 * retry, LAST_RETRY_MS);
                }
                Thread.sleep(pause);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /** Sends a request; returns for how many milliseconds the agent wants to be left alone. What it does not take now stays in the queue. */
    private long deliver(List<LineQueue.Entry> batch) throws IOException {
        StringBuilder lines = new StringBuilder();
        for (LineQueue.Entry e : batch) {
            lines.append(e.line).append('\n');
        }
        AgentClient.Reply reply = agent.intake(lines.toString());
        if (reply.code == 429 || reply.code == 503) {
            return 1000L * Math.max(1, Math.min(seconds(reply.body), MAX_RETRY_S));
        }
        if (reply.code != 202 && reply.code != 400 && reply.code != 413) {
            throw new IOException("the agent answers " + reply.code); // it may be another one in a minute
        }
        queue.sent(batch);
        for (IntakeDesk.Caller caller : callers(batch)) {
            caller.answered(reply.code, reply.body);
        }
        return 0;
    }

    private static int seconds(String body) {
        try {
            Object s = Json.at(Json.object(body.trim()), "retry_s");
            return s instanceof Double ? ((Double) s).intValue() : 1;
        } catch (IllegalArgumentException e) {
            return 1;
        }
    }

    /** Each of them once. */
    private static List<IntakeDesk.Caller> callers(List<LineQueue.Entry> batch) {
        Set<IntakeDesk.Caller> seen = Collections.newSetFromMap(new IdentityHashMap<IntakeDesk.Caller, Boolean>());
        List<IntakeDesk.Caller> all = new ArrayList<IntakeDesk.Caller>();
        for (LineQueue.Entry e : batch) {
            if (e.caller != null && seen.add(e.caller)) {
                all.add(e.caller);
            }
        }
        return all;
    }

    @Override
    public synchronized void close() {
        closed = true;
        queue.close();
        if (thread != null) {
            thread.interrupt();
        }
    }
}
