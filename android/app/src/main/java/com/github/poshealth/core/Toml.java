package com.github.poshealth.core;

import java.util.List;

/**
 * Writes TOML: sections, and in them keys with texts, lists of texts and flags. Whatever a text has in it, it stays one text: a store's
 * parameter cannot become a key.
 */
final class Toml {
    private final StringBuilder s = new StringBuilder();

    Toml comment(String line) {
        s.append("# ").append(line.replaceAll("[\\x00-\\x1f\\x7f]", " ")).append('\n');
        return this;
    }

    /** Begins a section: "[name]", or "[[name]]" by name "[name]". */
    Toml section(String name) {
        s.append("\n[").append(name).append("]\n");
        return this;
    }

    /** A key with a text; empty or null: it is not set. */
    Toml text(String key, String value) {
        if (value != null && !value.isEmpty()) {
            always(key, value);
        }
        return this;
    }

    /** A key with a text, which may be empty. */
    Toml always(String key, String value) {
        s.append(key).append(" = ").append(quoted(value)).append('\n');
        return this;
    }

    /** A key with a list of texts; empty: it is not set. */
    Toml texts(String key, List<String> values) {
        if (values.isEmpty()) {
            return this;
        }
        s.append(key).append(" = [");
        String comma = "";
        for (String value : values) {
            s.append(comma).append(quoted(value));
            comma = ", ";
        }
        s.append("]\n");
        return this;
    }

    Toml flag(String key, boolean value) {
        s.append(key).append(" = ").append(value).append('\n');
        return this;
    }

    Toml number(String key, int value) {
        s.append(key).append(" = ").append(value).append('\n');
        return this;
    }

    /** A basic string: quotes, backslashes and control characters escaped, halves of surrogate pairs replaced. */
    static String quoted(String text) {
        StringBuilder q = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                q.append('\\').append(c);
            } else if (c < ' ' || c >= 0x7f && c < 0xa0) {
                q.append(String.format("\\u%04X", (int) c));
            } else if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                q.append(c).append(text.charAt(++i));
            } else if (Character.isSurrogate(c)) {
                q.append('\ufffd');
            } else {
                q.append(c);
            }
        }
        return q.append('"').toString();
    }

    @Override
    public String toString() {
        return s.toString();
    }
}
