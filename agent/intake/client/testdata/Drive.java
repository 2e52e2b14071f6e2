import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** A payment app of a test: "tell N" on its input tells N sales, and says how long the slowest call and the 99th of a hundred took, in µs. */
public final class Drive {
    public static void main(String[] args) throws Exception {
        PoshealthIntake intake = new PoshealthIntake("127.0.0.1", Integer.parseInt(args[0]), new File(args[1]), new PoshealthIntake.State() {
            @Override
            public Map<String, ?> now() {
                Map<String, Object> state = new HashMap<String, Object>();
                state.put("signed_on", true);
                state.put("in_doubt", 0);
                state.put("reversals_pending", 0);
                state.put("batch_count", 37L);
                return state;
            }
        });
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            int n = Integer.parseInt(line.substring("tell ".length()));
            long[] took = new long[n];
            for (int i = 0; i < n; i++) {
                Map<String, Object> sale = new HashMap<String, Object>();
                sale.put("ref", "" + i);
                sale.put("type", "sale");
                sale.put("outcome", "approved");
                sale.put("offline", false);
                sale.put("text", "quote \" and \\ and \u4ea4");
                long start = System.nanoTime();
                intake.tell("txn.end", sale);
                took[i] = System.nanoTime() - start;
            }
            Arrays.sort(took);
            System.out.println(took[n - 1] / 1000 + " " + took[n * 99 / 100] / 1000 + " " + intake.lost());
        }
        intake.close();
    }
}
