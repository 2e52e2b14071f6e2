package com.github.poshealth.core;

import java.io.File;
import java.io.IOException;

/**
 * Hands the agent an enrolment token, once. The agent removes the file when it has used the token; the parameters go on naming it, and
 * a used one must not be offered again at each start.
 */
public final class Claim {
    private final ConfigFile token;
    private final ConfigFile handed;

    /**
     * @param tokenFile where the agent looks, enrol.token_file
     * @param handedFile remembers the hash of the last token that was handed over
     */
    public Claim(File tokenFile, File handedFile) {
        this.token = new ConfigFile(tokenFile);
        this.handed = new ConfigFile(handedFile);
    }

    /** Hands over a token; true: it is a new one. "" is none. */
    public boolean offer(String secret) throws IOException {
        if (secret.isEmpty()) {
            return false;
        }
        String hash = Signers.sha256(secret) + "\n";
        if (hash.equals(handed.read())) {
            return false;
        }
        token.replace(secret + "\n", null); // first: where the power fails in between it is offered twice, which does no harm
        return handed.replace(hash, null);
    }
}
