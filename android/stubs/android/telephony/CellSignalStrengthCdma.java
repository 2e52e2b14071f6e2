package android.telephony;

public abstract class CellSignalStrengthCdma extends CellSignalStrength {
}
