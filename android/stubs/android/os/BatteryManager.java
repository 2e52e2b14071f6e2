package android.os;

public class BatteryManager {
    public static final String EXTRA_HEALTH = "health";
    public static final String EXTRA_LEVEL = "level";
    public static final String EXTRA_PLUGGED = "plugged";
    public static final String EXTRA_PRESENT = "present";
    public static final String EXTRA_SCALE = "scale";
    public static final String EXTRA_TEMPERATURE = "temperature";
}
