package com.github.poshealth.core;

import java.util.ArrayList;
import java.util.List;

/**
 * What the bound service does with lines of a payment app: who sends them must be on the allow-list by its signature, and what is too much is not
 * taken. It looks into no line, keeps none but in a bounded queue, and waits for nobody: {@link Forwarder} does, on a thread of its own.
 */
public final class IntakeDesk {
    /** Tells what certificates Android says that a user's packages are signed with; null: nobody is known by that number. */
    public interface Callers {
        List<byte[]> certificates(int uid);
    }

    /** Hears what became of its lines, on the forwarder's thread; calls of it must not wait. */
    public interface Caller {
        /** code and answer are the agent's, docs/intake.md. */
        void answered(int code, String answer);
    }

    // What tell returns: HTTP's numbers, as the agent itself would answer.
    public static final int QUEUED = 202;
    public static final int NOTHING = 400;
    public static final int FORBIDDEN = 403;
    public static final int TOO_LARGE = 413;

    static final int MAX_LINE = 1024; // bytes
    static final int MAX_TEXT = 32 * 1024; // letters

    private final Callers callers;
    private final LineQueue queue;
    private volatile Signers signers;

    public IntakeDesk(Callers callers, Signers signers, LineQueue queue) {
        this.callers = callers;
        this.signers = signers;
        this.queue = queue;
    }

    /** Replaces the allow-list: the parameters are others. */
    public void allow(Signers list) {
        signers = list;
    }

    /**
     * Takes lines.
     *
     * @param uid of the caller, as the kernel told binder
     * @param text events, a line of JSON each
     * @param caller who hears what becomes of them; null: nobody
     * @return QUEUED, or why nothing of it was taken
     */
    public int tell(int uid, String text, Caller caller) {
        if (!signers.allow(callers.certificates(uid))) {
            return FORBIDDEN;
        }
        if (text == null) {
            return NOTHING;
        }
        if (text.length() > MAX_TEXT) {
            return TOO_LARGE;
        }
        List<String> lines = new ArrayList<String>();
        for (String line : text.split("\n")) {
            line = line.trim();
            if (line.isEmpty()) {
                continue;
            }
            if (bytes(line) > MAX_LINE || lines.size() == LineQueue.MAX_LINES) {
                return TOO_LARGE;
            }
            lines.add(line);
        }
        if (lines.isEmpty()) {
            return NOTHING;
        }
        for (String line : lines) {
            queue.put(line, caller);
        }
        return QUEUED;
    }

    private static int bytes(String line) {
        int n = 0;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            n += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
        }
        return n;
    }
}
