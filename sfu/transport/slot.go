package transport

import "strconv"

// slotName names a slot's track in the answer.
func slotName(video bool, index int) string {
	if video {
		return "video" + strconv.Itoa(index)
	}
	return "audio" + strconv.Itoa(index)
}

// slotStream names a slot's media stream. Browsers keep lips in step for the first audio and video of one stream only, so the two slots of
// the programme share one and every other slot has its own.
func slotStream(video bool, index int) string {
	if index == 0 {
		return "programme"
	}
	return slotName(video, index)
}
