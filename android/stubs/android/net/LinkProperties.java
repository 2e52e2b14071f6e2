package android.net;

import java.net.InetAddress;
import java.util.List;

public final class LinkProperties {
    public String getInterfaceName() { throw new UnsupportedOperationException(); }
    public List<InetAddress> getDnsServers() { throw new UnsupportedOperationException(); }
    public boolean isPrivateDnsActive() { throw new UnsupportedOperationException(); } // API 28
    public String getPrivateDnsServerName() { throw new UnsupportedOperationException(); } // API 28
}
