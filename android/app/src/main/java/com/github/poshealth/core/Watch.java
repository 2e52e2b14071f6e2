package com.github.poshealth.core;

import java.io.Closeable;
import java.io.IOException;

/** Follows the verdict: one request that the agent answers when there is news, and a call when what people see becomes another. */
public final class Watch implements Runnable, Closeable {
    /** Shows a notice, on the watch's thread or on that of who says that the agent stopped. It must not wait. */
    public interface Screen {
        void show(Notice notice);
    }

    private static final int WAIT_S = 25; // as long as the agent lets one wait
    private static final long AGAIN_MS = 5000; // an agent that is not there is asked again
    private static final long SPACE_MS = 1000; // between two answers: a snapshot comes with each look
    // Who misses the agent says so after this: it starts within seconds, and a restart is nobody's business.
    private static final long ABSENT_MS = 30000;

    private final AgentClient agent;
    private final String lang;
    private final Screen screen;
    private Notice shown; // guarded by this, as thread
    private volatile boolean closed;
    private Thread thread;

    public Watch(AgentClient agent, String lang, Screen screen) {
        this.agent = agent;
        this.lang = lang;
        this.screen = screen;
    }

    @Override
    public void run() {
        synchronized (this) {
            thread = Thread.currentThread();
        }
        String version = "";
        long answered = System.nanoTime();
        while (!closed) {
            long pause = SPACE_MS;
            try {
                AgentClient.Status s = agent.status(lang, version, WAIT_S);
                answered = System.nanoTime();
                if (!s.version.equals(version)) {
                    version = s.version;
                    show(Notice.of(s.json));
                }
            } catch (IOException e) {
                version = "";
                pause = AGAIN_MS;
                if ((System.nanoTime() - answered) / 1000000 >= ABSENT_MS) {
                    show(Notice.ABSENT);
                }
            }
            try {
                Thread.sleep(pause);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /** Says that the agent ended and nobody starts it again by himself: people must know why. */
    public void stopped(String why) {
        show(Notice.stopped(why));
    }

    private synchronized void show(Notice notice) {
        boolean known = notice == Notice.ABSENT && shown != null && shown.text == Notice.Text.STOPPED; // why it does not answer
        if (!known && !notice.equals(shown) && !closed) {
            shown = notice;
            screen.show(notice);
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (thread != null) {
            thread.interrupt();
        }
    }
}
