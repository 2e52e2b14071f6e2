package com.github.poshealth.core;

import java.io.Closeable;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/**
 * Keeps the agent running: starts it, waits for its end, and starts it again as {@link Backoff} says. One thread, one process.
 *
 * <p>It knows nothing of Android: a launcher gives it the process, so that a test runs the real program in it.
 */
public final class Supervisor implements Runnable, Closeable {
    /** Starts the agent, with stderr in stdout. */
    public interface Launcher {
        Process launch() throws IOException;
    }

    /** Hears what becomes of it, on the supervisor's thread. */
    public interface Listener {
        /** It runs. */
        void started();

        /** It ended, or could not be started (code -1): why is its own last word, waitMillis as of {@link Backoff#after}. */
        void ended(int code, String why, long waitMillis);
    }

    private static final String ANOTHER = "another poshealth is running"; // agent/status.ErrRunning
    private static final int NOT_STARTED = -1;

    private final Launcher launcher;
    private final BoundedLog log;
    private final Listener listener;
    private final Backoff backoff = new Backoff();

    // Guarded by this.
    private Process process;
    private boolean closed;
    private boolean changed; // the configuration, since the last start

    public Supervisor(Launcher launcher, BoundedLog log, Listener listener) {
        this.launcher = launcher;
        this.log = log;
        this.listener = listener;
    }

    /** Runs it until {@link #close}, or until it ended for good. */
    @Override
    public void run() {
        while (true) {
            long began = System.nanoTime();
            int code = NOT_STARTED;
            String why;
            try {
                Process p = start();
                if (p == null) {
                    return;
                }
                listener.started();
                code = await(p);
                why = log.lastWord();
            } catch (IOException e) {
                why = String.valueOf(e.getMessage());
            }
            long ran = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
            long wait = backoff.after(code, ran, why.contains(ANOTHER));
            if (!pause(code, why, wait)) {
                return;
            }
        }
    }

    /** Starts it with the configuration of now; null: it is not to run any more. The launcher takes its time, and nobody waits for it. */
    private Process start() throws IOException {
        synchronized (this) {
            if (closed) {
                return null;
            }
            changed = false;
        }
        log.forget();
        Process p = launcher.launch();
        synchronized (this) {
            process = p;
            if (closed || changed) {
                stop();
            }
        }
        return p;
    }

    /** Reads what it says until it says no more, and gives its exit code. */
    private int await(Process p) {
        log.pump(p.getInputStream());
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return p.waitFor();
                } catch (InterruptedException e) {
                    interrupted = true; // its end is near: what it says has ended
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Waits until it is to be started again; false: it is not. */
    private boolean pause(int code, String why, long wait) {
        boolean ours;
        synchronized (this) {
            process = null;
            ours = changed || closed; // it was stopped for that, which is no news
        }
        if (!ours) {
            listener.ended(code, why, wait);
        }
        synchronized (this) {
            long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(wait);
            while (!closed && !changed) {
                long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
                if (wait == Backoff.NEVER) {
                    return false;
                }
                if (wait >= 0 && left <= 0) {
                    break;
                }
                try {
                    wait(wait < 0 ? 0 : left);
                } catch (InterruptedException e) {
                    return false;
                }
            }
            if (changed) {
                backoff.reset();
            }
            return !closed;
        }
    }

    /** Says that the configuration is another one: one that runs is stopped, and started with it. */
    public synchronized void configurationChanged() {
        changed = true;
        stop();
        notifyAll();
    }

    /** Stops the agent, and starts none any more. */
    @Override
    public synchronized void close() {
        closed = true;
        stop();
        notifyAll();
    }

    private void stop() {
        if (process != null) {
            process.destroy(); // SIGTERM from Android 7 on; before, SIGKILL, which loses nothing either
        }
    }
}
