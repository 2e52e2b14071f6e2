package dump

import "strings"

const ofAndroid = "android.permission."

// permissionSince is the API level that first has a permission, of those that payment apps ask for; 0 for one that Android 6
// (23) has, and for others' own. Source: Android's Manifest.permission.
func permissionSince(name string) int {
	switch strings.TrimPrefix(name, ofAndroid) {
	case "ANSWER_PHONE_CALLS", "MANAGE_OWN_CALLS", "READ_PHONE_NUMBERS", "REQUEST_DELETE_PACKAGES":
		return 26
	case "ACCEPT_HANDOVER", "FOREGROUND_SERVICE", "NFC_TRANSACTION_EVENT", "USE_BIOMETRIC":
		return 28
	case "ACCESS_BACKGROUND_LOCATION", "ACCESS_MEDIA_LOCATION", "ACTIVITY_RECOGNITION", "REQUEST_PASSWORD_COMPLEXITY":
		return 29
	case "NFC_PREFERRED_PAYMENT_INFO", "QUERY_ALL_PACKAGES":
		return 30
	case "BLUETOOTH_ADVERTISE", "BLUETOOTH_CONNECT", "BLUETOOTH_SCAN", "HIDE_OVERLAY_WINDOWS", "HIGH_SAMPLING_RATE_SENSORS",
		"UPDATE_PACKAGES_WITHOUT_USER_ACTION", "UWB_RANGING":
		return 31
	case "BODY_SENSORS_BACKGROUND", "NEARBY_WIFI_DEVICES", "POST_NOTIFICATIONS", "READ_BASIC_PHONE_STATE", "READ_MEDIA_AUDIO",
		"READ_MEDIA_IMAGES", "READ_MEDIA_VIDEO", "USE_EXACT_ALARM":
		return 33
	case "DETECT_SCREEN_CAPTURE", "FOREGROUND_SERVICE_CAMERA", "FOREGROUND_SERVICE_CONNECTED_DEVICE", "FOREGROUND_SERVICE_DATA_SYNC",
		"FOREGROUND_SERVICE_HEALTH", "FOREGROUND_SERVICE_LOCATION", "FOREGROUND_SERVICE_MEDIA_PLAYBACK",
		"FOREGROUND_SERVICE_MEDIA_PROJECTION", "FOREGROUND_SERVICE_MICROPHONE", "FOREGROUND_SERVICE_PHONE_CALL",
		"FOREGROUND_SERVICE_REMOTE_MESSAGING", "FOREGROUND_SERVICE_SPECIAL_USE", "FOREGROUND_SERVICE_SYSTEM_EXEMPTED",
		"READ_MEDIA_VISUAL_USER_SELECTED", "RUN_USER_INITIATED_JOBS":
		return 34
	case "DETECT_SCREEN_RECORDING", "FOREGROUND_SERVICE_MEDIA_PROCESSING":
		return 35
	}
	return 0
}

// permissionUntil is the API level from which a permission has no effect for apps that are made for that level; 0 for others.
func permissionUntil(name string) int {
	switch strings.TrimPrefix(name, ofAndroid) {
	case "WRITE_EXTERNAL_STORAGE":
		return 30
	case "READ_EXTERNAL_STORAGE":
		return 33
	}
	return 0
}

// appOp tells the permissions whose grant stands elsewhere: a person switches them in Android's settings under "special
// access", and the package's dump says "granted=false" all the same, or nothing.
func appOp(name string) bool {
	switch strings.TrimPrefix(name, ofAndroid) {
	case "INSTANT_APP_FOREGROUND_SERVICE", "INTERACT_ACROSS_PROFILES", "LOADER_USAGE_STATS", "MANAGE_EXTERNAL_STORAGE",
		"MANAGE_IPSEC_TUNNELS", "MANAGE_MEDIA", "MEDIA_ROUTING_CONTROL", "PACKAGE_USAGE_STATS", "REQUEST_INSTALL_PACKAGES",
		"SCHEDULE_EXACT_ALARM", "SYSTEM_ALERT_WINDOW", "TURN_SCREEN_ON", "USE_FULL_SCREEN_INTENT", "WRITE_SETTINGS":
		return true
	}
	return false
}

// signatureOnly tells the permissions that only apps get which the maker has signed or installed.
func signatureOnly(name string) bool {
	word, ofIt := strings.CutPrefix(name, ofAndroid)
	switch word {
	case "CHANGE_COMPONENT_ENABLED_STATE", "CONNECTIVITY_INTERNAL", "DELETE_PACKAGES", "DEVICE_POWER", "DUMP",
		"FORCE_STOP_PACKAGES", "GRANT_RUNTIME_PERMISSIONS", "INJECT_EVENTS", "INSTALL_PACKAGES", "INTERACT_ACROSS_USERS",
		"INTERACT_ACROSS_USERS_FULL", "LOCAL_MAC_ADDRESS", "MANAGE_USB", "MANAGE_USERS", "MASTER_CLEAR", "MODIFY_PHONE_STATE",
		"MOUNT_UNMOUNT_FILESYSTEMS", "OVERRIDE_WIFI_CONFIG", "READ_LOGS", "READ_PRIVILEGED_PHONE_STATE", "REBOOT", "RECOVERY",
		"SET_TIME", "SET_TIME_ZONE", "SHUTDOWN", "STATUS_BAR", "TETHER_PRIVILEGED", "UPDATE_DEVICE_STATS", "WRITE_APN_SETTINGS",
		"WRITE_SECURE_SETTINGS":
		return ofIt
	}
	return strings.HasPrefix(name, ofAndroid+"BIND_")
}
