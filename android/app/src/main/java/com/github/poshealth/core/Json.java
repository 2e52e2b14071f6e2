package com.github.poshealth.core;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads JSON into Map, List, String, Double, Boolean and null: what the agent answers. Android has org.json, which no test outside of
 * Android has.
 */
final class Json {
    private static final int MAX_DEPTH = 32; // a snapshot nests 6 deep

    private final String s;
    private int at;

    private Json(String s) {
        this.s = s;
    }

    /** Reads an object; an IllegalArgumentException says that it is none. */
    static Map<?, ?> object(String text) {
        Json j = new Json(text);
        Object value = j.value(0);
        j.blanks();
        if (!(value instanceof Map) || j.at != text.length()) {
            throw j.wrong();
        }
        return (Map<?, ?>) value;
    }

    /** The value at a path of names; null: it is not there, or null. */
    static Object at(Object o, String... path) {
        for (String name : path) {
            o = o instanceof Map ? ((Map<?, ?>) o).get(name) : null;
        }
        return o;
    }

    /** The text at a path; "": there is none. */
    static String text(Object o, String... path) {
        Object value = at(o, path);
        return value instanceof String ? (String) value : "";
    }

    private Object value(int depth) {
        blanks();
        char c = peek();
        if (depth > MAX_DEPTH) {
            throw wrong();
        }
        switch (c) {
            case '{':
                return map(depth);
            case '[':
                return list(depth);
            case '"':
                return string();
            case 't':
                return word("true", Boolean.TRUE);
            case 'f':
                return word("false", Boolean.FALSE);
            case 'n':
                return word("null", null);
            default:
                return number();
        }
    }

    private Map<String, Object> map(int depth) {
        Map<String, Object> m = new LinkedHashMap<String, Object>();
        take('{');
        blanks();
        while (peek() != '}') {
            if (!m.isEmpty()) {
                take(',');
                blanks();
            }
            String name = string();
            blanks();
            take(':');
            m.put(name, value(depth + 1));
            blanks();
        }
        at++;
        return m;
    }

    private List<Object> list(int depth) {
        List<Object> l = new ArrayList<Object>();
        take('[');
        blanks();
        while (peek() != ']') {
            if (!l.isEmpty()) {
                take(',');
            }
            l.add(value(depth + 1));
            blanks();
        }
        at++;
        return l;
    }

    private String string() {
        StringBuilder text = new StringBuilder();
        take('"');
        for (char c = next(); c != '"'; c = next()) {
            if (c != '\\') {
                text.append(c);
                continue;
            }
            c = next();
            int known = "\"\\/bfnrt".indexOf(c);
            if (c == 'u' && at + 4 <= s.length() && s.substring(at, at + 4).matches("[0-9a-fA-F]{4}")) {
                text.append((char) Integer.parseInt(s.substring(at, at + 4), 16));
                at += 4;
            } else if (known >= 0) {
                text.append("\"\\/\b\f\n\r\t".charAt(known));
            } else {
                throw wrong();
            }
        }
        return text.toString();
    }

    private Double number() {
        int from = at;
        while (at < s.length() && "+-.eE0123456789".indexOf(s.charAt(at)) >= 0) {
            at++;
        }
        try {
            return Double.valueOf(s.substring(from, at));
        } catch (NumberFormatException e) {
            throw wrong();
        }
    }

    private Object word(String word, Object value) {
        if (!s.startsWith(word, at)) {
            throw wrong();
        }
        at += word.length();
        return value;
    }

    private void blanks() {
        while (at < s.length() && " \t\r\n".indexOf(s.charAt(at)) >= 0) {
            at++;
        }
    }

    private char peek() {
        if (at >= s.length()) {
            throw wrong();
        }
        return s.charAt(at);
    }

    private char next() {
        char c = peek();
        at++;
        return c;
    }

    private void take(char c) {
        if (next() != c) {
            throw wrong();
        }
    }

    private IllegalArgumentException wrong() {
        return new IllegalArgumentException("no JSON at letter " + at);
    }
}
