package com.github.poshealth;

import android.content.Context;

import java.io.File;

/** Where things lie: all of it below noBackupFilesDir, for a state that is restored on a second terminal makes two of one name. */
final class Paths {
    private static final String PROGRAM = "libposhealth.so"; // what is called lib*.so is all that Android unpacks from an APK

    private Paths() {
    }

    /** The program. The folder is another one after each installation: it is asked each time. */
    static File program(Context c) {
        return new File(c.getApplicationInfo().nativeLibraryDir, PROGRAM);
    }

    /** Where the agent keeps its state. */
    static File state(Context c) {
        return new File(c.getNoBackupFilesDir(), "poshealth");
    }

    /** Its socket: some 70 of the 107 bytes that a socket's path may have. */
    static File socket(Context c) {
        return new File(state(c), "poshealth.sock");
    }

    static File config(Context c) {
        return new File(c.getNoBackupFilesDir(), "poshealth.toml");
    }

    /** An enrolment token, until the agent has used it. */
    static File token(Context c) {
        return new File(c.getNoBackupFilesDir(), "claim.txt");
    }

    /** The hash of the last token that was handed to the agent. */
    static File handedToken(Context c) {
        return new File(c.getNoBackupFilesDir(), "claim.sha256");
    }

    static File log(Context c) {
        return new File(c.getNoBackupFilesDir(), "agent.log");
    }

    static File temporary(Context c) {
        return new File(c.getNoBackupFilesDir(), "tmp");
    }
}
