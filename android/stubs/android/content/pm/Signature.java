package android.content.pm;

public class Signature {
    public byte[] toByteArray() { throw new UnsupportedOperationException(); }
}
