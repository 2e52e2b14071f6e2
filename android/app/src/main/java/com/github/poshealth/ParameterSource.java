package com.github.poshealth;

import android.content.Context;

import java.util.Map;

import com.github.poshealth.core.Parameters;

/**
 * A way in which a store or a fleet manager hands parameters to an app. Makers' stores differ; those that have an SDK of their own get a class
 * beside these two, and a line in {@link Of#first}.
 */
interface ParameterSource {
    /** Names to texts; null or empty: it has nothing to tell. It may read files. */
    Map<String, String> read(Context context);

    /** The sources that there are. */
    final class Of {
        private Of() {
        }

        /** The parameters of the first that has any. They are not mixed: half a configuration of each is nobody's. */
        static Parameters first(Context context) {
            ParameterSource[] sources = {new ManagedParameters(), new FileParameters()};
            for (ParameterSource source : sources) {
                Parameters p = new Parameters(source.read(context));
                if (p.any()) {
                    return p;
                }
            }
            return new Parameters(null);
        }
    }
}
