package com.github.poshealth.core.feed;

/** The radio in use. Numbers out of what radios can measure are not known. */
public final class Signal {
    public String rat; // lte, nr, gsm, wcdma, tdscdma, cdma
    public Integer dbm;
    public Integer rsrqDb;
    public Integer snrDb; // left null before Android 11: nobody knows its unit there
    public Integer level; // 0 to 4

    /** null: there is nothing to tell. */
    String json() {
        if (rat == null) {
            return null;
        }
        JsonText j = new JsonText().text("rat", rat).number("dbm", dbm, -156, -20);
        return j.number("rsrq_db", rsrqDb, -43, 20).number("snr_db", snrDb, -23, 40).number("level", level, 0, 4).toString();
    }
}
