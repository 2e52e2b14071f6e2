package com.github.poshealth;

import android.content.Context;

import com.github.poshealth.core.FeedLoop;
import com.github.poshealth.core.Parameters;
import com.github.poshealth.core.feed.Facts;

/** Gathers all that Java knows of this terminal. One reader that a maker's Android throws at must not hide the others. */
final class JavaFacts implements FeedLoop.Source {
    private final Context context;
    private final Setup setup;

    JavaFacts(Context context, Setup setup) {
        this.context = context;
        this.setup = setup;
    }

    @Override
    public Facts now() {
        Facts facts = new Facts();
        Reader[] readers = {
            new NetworkFacts(), new WifiFacts(), new TelephonyFacts(), new BatteryFacts(), new SwitchFacts(),
            new PackageFacts(setup.parameters().get(Parameters.PACKAGE)),
        };
        for (Reader reader : readers) {
            try {
                reader.read(context, facts);
            } catch (RuntimeException e) {
                // A SecurityException, or a service that this Android does not have: it is not known then.
            }
        }
        return facts;
    }

    /** Reads a part of them. */
    interface Reader {
        void read(Context context, Facts facts);
    }
}
