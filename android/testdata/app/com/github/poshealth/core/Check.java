package com.github.poshealth.core;

import java.util.Objects;

/** What a test of the app's logic needs: to say what it wanted and what it got, and go on. */
final class Check {
    static int checks;
    static int failed;

    private Check() {
    }

    static void equal(String what, Object want, Object got) {
        checks++;
        if (!Objects.equals(want, got)) {
            failed++;
            System.out.println("FAIL " + what + "\n  want " + want + "\n  got  " + got);
        }
    }

    static void holds(String what, boolean holds) {
        equal(what, true, holds);
    }

    interface Act {
        void run() throws Exception;
    }

    static void fails(String what, Class<? extends Exception> with, Act act) {
        try {
            act.run();
            equal(what, with, null);
        } catch (Exception e) {
            equal(what, with, e.getClass());
        }
    }
}
