package com.github.poshealth.core;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Lines that the agent has not taken yet: {@link #MAX_LINES} at most, the oldest goes where one more comes. In memory only. Putting one in
 * waits for nobody but another thread that does the same.
 */
public final class LineQueue {
    /** The bound in lines: as many as the agent takes in one request. */
    public static final int MAX_LINES = 64;
    static final int MAX_BYTES = 32 * 1024; // of one request

    /** A line, and who wants to hear what became of it. */
    static final class Entry {
        final String line;
        final IntakeDesk.Caller caller;

        Entry(String line, IntakeDesk.Caller caller) {
            this.line = line;
            this.caller = caller;
        }
    }

    private final ArrayDeque<Entry> entries = new ArrayDeque<Entry>();
    private long lost;
    private boolean closed;

    synchronized void put(String line, IntakeDesk.Caller caller) {
        if (entries.size() == MAX_LINES) {
            entries.removeFirst();
            lost++;
        }
        entries.addLast(new Entry(line, caller));
        notifyAll();
    }

    /** Lines that no agent will hear of. */
    public synchronized long lost() {
        return lost;
    }

    /** How many wait. */
    public synchronized int size() {
        return entries.size();
    }

    /** Waits until there is something, and gives the oldest as one request takes them; null: the queue is closed. They stay until {@link #sent}. */
    synchronized List<Entry> batch() throws InterruptedException {
        while (entries.isEmpty() && !closed) {
            wait();
        }
        if (closed) {
            return null;
        }
        List<Entry> batch = new ArrayList<Entry>();
        int bytes = 0;
        for (Entry e : entries) {
            bytes += 4 * e.line.length() + 1; // at most, in UTF-8
            if (bytes > MAX_BYTES && !batch.isEmpty()) {
                break;
            }
            batch.add(e);
        }
        return batch;
    }

    /** Removes what was sent and is still there: some of it may have had to make room. */
    synchronized void sent(List<Entry> batch) {
        for (Entry e : batch) {
            if (entries.peekFirst() == e) {
                entries.removeFirst();
            }
        }
    }

    synchronized void close() {
        closed = true;
        notifyAll();
    }
}
