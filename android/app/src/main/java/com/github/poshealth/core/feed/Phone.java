package com.github.poshealth.core.feed;

/** What a SIM slot's radio says: docs/reference/feed.md, telephony. Fields that are null are not known. */
public final class Phone {
    static final String NAME = "[A-Za-z0-9._-]{1,64}"; // an access point of a mobile network

    public int slot;
    public Integer voiceState; // ServiceState.getState(): 0 to 3
    public Boolean dataRegistered;
    public Integer networkType; // TelephonyManager.NETWORK_TYPE_…
    public String operator; // MCC and MNC
    public Boolean roaming;
    public Integer dataState; // TelephonyManager.DATA_…: 0 to 3
    public String apn;
    public Signal signal;

    public String json() {
        JsonText j = new JsonText().number("slot", slot, 0, 3);
        j.text("voice", Words.voice(voiceState));
        j.text("data", dataRegistered == null ? null : dataRegistered ? "in-service" : "out-of-service");
        j.text("rat", Words.rat(networkType)).text("operator", operator, "[0-9]{5,6}").flag("roaming", roaming);
        j.text("connection", Words.connection(dataState)).text("apn", apn, NAME);
        return j.raw("signal", signal == null ? null : signal.json()).toString();
    }
}
