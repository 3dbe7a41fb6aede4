package media

import "time"

// SoundInterval is the time between two packets of a microphone.
const SoundInterval = 20 * time.Millisecond

// VoiceLevel is the level of a publisher's voice, in -dBov (RFC 6464).
const VoiceLevel = 30

// soundSize is a packet of a microphone in bytes: Opus at 36 kbit/s, about what browsers send of a voice.
const soundSize = 90

// NewSound is a payload of a microphone, to be stamped anew for each packet.
func NewSound() []byte {
	b := make([]byte, soundSize)
	b[0] = 0xfc // of RFC 6716, section 3.1: CELT, full band, 20 ms, stereo, one frame
	return b
}
