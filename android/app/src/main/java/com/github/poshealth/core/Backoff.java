package com.github.poshealth.core;

/**
 * When the agent is started again, by how it ended. It is the contract of `poshealth run`: 0 says that it was asked to stop, 3 that it cannot
 * start as things stand, all else that it was killed.
 *
 * <p>It does not wait; {@link Supervisor} does.
 */
public final class Backoff {
    /** It was asked to stop: nobody starts it again but who starts the service. */
    public static final long NEVER = -1;
    /** It cannot start before its configuration is another one. */
    public static final long WHEN_CHANGED = -2;

    static final int STOPPED = 0;
    static final int CANNOT_START = 3;
    // Android kills children of apps in bursts (phantom processes, memory): a second is enough for the first, five minutes spare a terminal on
    // which it can never run.
    static final long FIRST_MS = 1000;
    static final long LAST_MS = 300000;
    // What ran so long was well: the next end has nothing to do with the one before.
    static final long WELL_MS = 600000;

    private long next = FIRST_MS;

    /**
     * Says when to start again.
     *
     * @param code what it exited with; 128 and above, and anything else that is not in the contract: it was killed
     * @param ranMillis how long it ran
     * @param another it said that another one runs on this state folder: one that outlived its app
     * @return milliseconds, {@link #NEVER} or {@link #WHEN_CHANGED}
     */
    public long after(int code, long ranMillis, boolean another) {
        if (code == STOPPED) {
            return NEVER;
        }
        if (code == CANNOT_START) {
            return another ? LAST_MS : WHEN_CHANGED; // the other one will end some day
        }
        if (ranMillis >= WELL_MS) {
            next = FIRST_MS;
        }
        long wait = next;
        next = Math.min(2 * next, LAST_MS);
        return wait;
    }

    /** Forgets what was: its configuration is another one. */
    public void reset() {
        next = FIRST_MS;
    }
}
