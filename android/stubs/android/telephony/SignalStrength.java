package android.telephony;

import java.util.List;

public class SignalStrength {
    public List<CellSignalStrength> getCellSignalStrengths() { throw new UnsupportedOperationException(); } // API 29
}
