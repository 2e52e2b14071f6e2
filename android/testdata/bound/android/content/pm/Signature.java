package android.content.pm;

import java.nio.charset.StandardCharsets;

/** A signature that is a text. */
public class Signature {
    private final String text;

    public Signature(String text) {
        this.text = text;
    }

    public byte[] toByteArray() {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
