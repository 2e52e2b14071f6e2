package com.github.poshealth.core.feed;

/**
 * An object of JSON as it is written. What is null is left out, and so is a number out of its range: Java says Integer.MAX_VALUE, -1 or 99 where
 * it does not know, and of what is not known the feed says nothing.
 */
final class JsonText {
    private final StringBuilder s = new StringBuilder("{");

    JsonText text(String name, String value) {
        return value == null ? this : raw(name, quoted(value));
    }

    /** A text that must look like one: else it is left out. */
    JsonText text(String name, String value, String like) {
        return value == null || !value.matches(like) ? this : text(name, value);
    }

    JsonText flag(String name, Boolean value) {
        return value == null ? this : raw(name, value.toString());
    }

    JsonText number(String name, Number value, double least, double most) {
        if (value == null || !(value.doubleValue() >= least && value.doubleValue() <= most)) {
            return this;
        }
        return raw(name, value.toString());
    }

    /** A value that is JSON already; null: none. */
    JsonText raw(String name, String json) {
        if (json == null) {
            return this;
        }
        if (s.length() > 1) {
            s.append(',');
        }
        s.append(quoted(name)).append(':').append(json);
        return this;
    }

    /** A list of values that are JSON already. */
    static String list(Iterable<String> json) {
        StringBuilder list = new StringBuilder("[");
        for (String item : json) {
            list.append(list.length() > 1 ? "," : "").append(item);
        }
        return list.append(']').toString();
    }

    static String quoted(String text) {
        StringBuilder q = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                q.append('\\').append(c);
            } else if (c < ' ' || c > '~') {
                q.append(String.format("\\u%04x", (int) c));
            } else {
                q.append(c);
            }
        }
        return q.append('"').toString();
    }

    @Override
    public String toString() {
        return s + "}";
    }
}
