package com.github.poshealth.core;

import java.io.Closeable;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

import com.github.poshealth.core.feed.Facts;

/** Tells the agent what only Java knows: all of it every four minutes, and at once when something changed. One thread; it asks Android on it. */
public final class FeedLoop implements Runnable, Closeable {
    /** Gathers what Android says now. */
    public interface Source {
        Facts now();
    }

    /** Hears what the agent said to it. */
    public interface Listener {
        void told(AgentClient.Reply reply);
    }

    static final long EVERY_MS = 240000; // a part counts for ten minutes
    private static final long GATHER_MS = 1000; // changes come in bunches: a network that goes is five of them
    private static final long FIRST_RETRY_MS = 1000;
    private static final long LAST_RETRY_MS = 60000;

    private final AgentClient agent;
    private final Source source;
    private final Listener listener;
    private boolean kicked = true; // guarded by this, as closed
    private boolean closed;

    public FeedLoop(AgentClient agent, Source source, Listener listener) {
        this.agent = agent;
        this.source = source;
        this.listener = listener;
    }

    /** Says that something changed, or that the agent has started anew. It does not wait. */
    public synchronized void kick() {
        kicked = true;
        notifyAll();
    }

    @Override
    public void run() {
        long retry = FIRST_RETRY_MS;
        long pause = 0;
        while (rest(pause)) {
            try {
                listener.told(agent.feed(source.now()));
                retry = FIRST_RETRY_MS;
                pause = EVERY_MS;
            } catch (IOException e) {
                pause = retry;
                retry = Math.min(2 * retry, LAST_RETRY_MS);
            }
        }
    }

    /** Waits for the pause to pass or for a kick, and then for those that come with it; false: it is closed. */
    private synchronized boolean rest(long pause) {
        try {
            long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(pause);
            for (long left = pause; left > 0 && !kicked && !closed; left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime())) {
                wait(left);
            }
            if (kicked && pause > 0) {
                end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(GATHER_MS);
                for (long left = GATHER_MS; left > 0 && !closed; left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime())) {
                    wait(left);
                }
            }
            kicked = false;
            return !closed;
        } catch (InterruptedException e) {
            return false;
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        notifyAll();
    }
}
