package android.net;

public class NetworkRequest {
    public static class Builder {
        public Builder() { throw new UnsupportedOperationException(); }
        public NetworkRequest build() { throw new UnsupportedOperationException(); }
    }
}
