package com.github.poshealth.core;

/** The agent's configuration, made of parameters. All else is as the agent has it, or as it comes with the terminal's identity. */
public final class ConfigText {
    private ConfigText() {
    }

    /**
     * Writes poshealth.toml.
     *
     * @param stateDir where the agent keeps its state and its socket
     * @param tokenFile where an enrolment token lies; the agent removes it when it has used it
     * @param lang of the terminal, where the parameters name none: zh or en
     */
    public static String of(Parameters p, String stateDir, String tokenFile, String lang) {
        Toml t = new Toml();
        t.comment("Written by the app from its parameters, anew when they change: what is changed here by hand is lost.");
        t.number("version", 1);
        t.section("terminal").text("id", p.get(Parameters.TERMINAL)).text("tenant", p.get(Parameters.TENANT)).text("state_dir", stateDir);
        t.text("lang", p.get(Parameters.LANG).isEmpty() ? lang : p.get(Parameters.LANG));
        t.section("mqtt").text("broker", p.get(Parameters.BROKER));
        if (!p.get(Parameters.ENROL_URL).isEmpty()) {
            t.section("enrol").text("url", p.get(Parameters.ENROL_URL)).text("token_file", tokenFile);
        }
        for (String host : p.list(Parameters.HOSTS)) {
            int is = host.indexOf('=');
            t.section("[host]").always("name", host.substring(0, Math.max(is, 0))).always("address", host.substring(is + 1));
        }
        if (!p.get(Parameters.PACKAGE).isEmpty()) {
            t.section("app").text("package", p.get(Parameters.PACKAGE)).texts("signer_sha256", p.signers());
        }
        // The bound service forwards over the agent's socket. Nobody but this app could read the token that the TCP port asks for: no such port.
        t.section("intake").flag("enabled", true).always("lines", "");
        t.section("support").text("phone", p.get(Parameters.PHONE));
        return t.toString();
    }
}
