package android.content;

/** An intent that remembers nothing. */
public class Intent {
    public Intent(String action) {
    }

    public Intent setPackage(String name) {
        return this;
    }
}
