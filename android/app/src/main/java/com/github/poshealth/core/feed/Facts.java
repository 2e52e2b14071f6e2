package com.github.poshealth.core.feed;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One telling of the feed: its parts, and the bodies they make. A part that was not put in stays as it was told before. */
public final class Facts {
    private final Map<String, String> parts = new LinkedHashMap<String, String>();

    /** Puts in a part, as JSON; null: nothing is known of it. */
    public void put(String part, String json) {
        if (json != null) {
            parts.put(part, json);
        }
    }

    /** Puts in what slots and phones say. */
    public void phones(List<Phone> phones) {
        List<String> all = new ArrayList<String>();
        for (Phone phone : phones) {
            all.add(phone.json());
        }
        if (!all.isEmpty()) {
            put("telephony", new JsonText().raw("phones", JsonText.list(all.subList(0, Math.min(all.size(), 4)))).toString());
        }
    }

    /** Puts in the SIMs' states, by slot. */
    public void sims(List<Integer> states) {
        List<String> all = new ArrayList<String>();
        for (int state : states) {
            all.add(JsonText.quoted(Words.sim(state)));
        }
        if (!all.isEmpty()) {
            put("sims", JsonText.list(all.subList(0, Math.min(all.size(), 4))));
        }
    }

    /** All of it in one body. */
    public String body() {
        return body(parts);
    }

    /** A body for each part: the agent takes all of a body or nothing, and one odd value must not hide the rest. */
    public Map<String, String> alone() {
        Map<String, String> all = new LinkedHashMap<String, String>();
        for (Map.Entry<String, String> part : parts.entrySet()) {
            all.put(part.getKey(), body(Collections.singletonMap(part.getKey(), part.getValue())));
        }
        return all;
    }

    private static String body(Map<String, String> parts) {
        JsonText j = new JsonText().number("version", 1, 1, 1);
        for (Map.Entry<String, String> part : parts.entrySet()) {
            j.raw(part.getKey(), part.getValue());
        }
        return j.toString();
    }
}
