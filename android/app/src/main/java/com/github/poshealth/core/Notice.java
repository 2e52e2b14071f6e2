package com.github.poshealth.core;

import java.util.List;
import java.util.Map;

/**
 * What the notification says: two questions' answers, and the title of what stands behind the worse of them, in the language that the agent
 * was asked in. Equal notices show the same, so that a notification changes when the verdict does and not with each look.
 */
public final class Notice {
    /** The first line, by the answer to "can it take a card now". Android's texts for them are in res/values. */
    public enum Title { READY, AT_RISK, NOT_READY, UNKNOWN, ABSENT }

    /** The second line. CAUSE is the agent's own text, which {@link Notice#cause} has. */
    public enum Text { SETTLES, CAUSE, UNSETTLED, NO_WORD, STOPPED }

    /** The agent has said nothing yet. */
    public static final Notice STARTING = new Notice(Title.UNKNOWN, Text.NO_WORD, "");
    /** Nobody answers on the agent's socket. */
    public static final Notice ABSENT = new Notice(Title.ABSENT, Text.NO_WORD, "");

    private static final int MAX_CAUSE = 200; // letters; the longest title of the catalogue has some 60

    public final Title title;
    public final Text text;
    public final String cause;

    private Notice(Title title, Text text, String cause) {
        this.title = title;
        this.text = text;
        this.cause = cause.length() > MAX_CAUSE ? cause.substring(0, MAX_CAUSE) : cause;
    }

    /** The agent ended, and said why. */
    public static Notice stopped(String why) {
        return new Notice(Title.ABSENT, Text.STOPPED, why);
    }

    /** Reads a snapshot as the agent's API gives it. One that cannot be read is an unknown verdict: never a good one. */
    public static Notice of(String snapshot) {
        Map<?, ?> s;
        try {
            s = Json.object(snapshot.trim());
        } catch (IllegalArgumentException e) {
            return STARTING;
        }
        Title title = title(Json.text(s, "verdict", "take_card", "level"));
        Title settle = title(Json.text(s, "verdict", "settle", "level"));
        if (title == Title.READY && settle == Title.READY) {
            return new Notice(title, Text.SETTLES, "");
        }
        // Whom to blame: for the card first, it is what the shop feels.
        String cause = cause(s, title == Title.READY ? "settle" : "take_card");
        if (cause.isEmpty()) {
            cause = cause(s, "settle");
        }
        if (!cause.isEmpty()) {
            return new Notice(title, Text.CAUSE, cause);
        }
        boolean danger = settle == Title.AT_RISK || settle == Title.NOT_READY;
        return new Notice(title, danger ? Text.UNSETTLED : Text.NO_WORD, "");
    }

    private static Title title(String level) {
        if ("ready".equals(level)) {
            return Title.READY;
        }
        if ("at-risk".equals(level)) {
            return Title.AT_RISK;
        }
        return "not-ready".equals(level) ? Title.NOT_READY : Title.UNKNOWN;
    }

    /** The title of a verdict's root finding; "": there is none. */
    private static String cause(Map<?, ?> s, String verdict) {
        Object root = Json.at(s, "verdict", verdict, "root");
        Object findings = Json.at(s, "findings");
        if (!(root instanceof Map) || !(findings instanceof List)) {
            return "";
        }
        for (Object f : (List<?>) findings) {
            if (Json.text(f, "code").equals(Json.text(root, "code")) && Json.text(f, "subject").equals(Json.text(root, "subject"))) {
                return Json.text(f, "title");
            }
        }
        return "";
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Notice && ((Notice) o).title == title && ((Notice) o).text == text && ((Notice) o).cause.equals(cause);
    }

    @Override
    public int hashCode() {
        return (title.hashCode() * 31 + text.hashCode()) * 31 + cause.hashCode();
    }

    @Override
    public String toString() {
        return title + " " + text + " " + cause;
    }
}
