package transport

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"math/rand/v2"
	"testing"

	"github.com/pion/srtp/v3"
)

// The vectors of RFC 7714, sections 17.1 and 17.2: a session key, its salt and one packet.
func TestAnOpenedReport(t *testing.T) {
	key := unhex(t, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")
	want := unhex(t, "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef deadbeef deadbeef deadbeef")
	for n, sealed := range map[int]string{
		16: "81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda 4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4",
		32: "81c8000d 4d617273 d50ae4d1 f5ce5d30 4ba297e4 7d470c28 2c3ece5d bffe0a50 a2eaa5c1 110555be 8415f658 c61de047 6f1b6fad 1d1eb30c 4446839f 57ff6f6c b26ac3be 800005d4",
	} {
		block, err := aes.NewCipher(key[:n])
		must(t, err)
		o := &opener{salt: [12]byte(unhex(t, "51756964 2070726f 2071756f"))}
		o.gcm, err = cipher.NewGCM(block)
		must(t, err)
		for i := range unhex(t, sealed) {
			broken := unhex(t, sealed)
			broken[i] ^= 0x80
			if _, reason := o.open(broken); reason != Forged {
				t.Errorf("AES-%d: with another byte %d: %v", n*8, i, reason)
			}
		}
		if plain, reason := o.open(unhex(t, sealed)); reason != DropCount || !bytes.Equal(plain, want) {
			t.Errorf("AES-%d: %x, %v", n*8, plain, reason)
		}
		if _, reason := o.open(unhex(t, sealed)); reason != Replayed {
			t.Errorf("AES-%d: again: %v", n*8, reason)
		}
	}
}

// Whatever a client seals is opened, each packet once and in any order within 64, and no more sources are remembered than one client needs.
func TestReportsOfEveryProfileAreOpened(t *testing.T) {
	for name, profile := range profiles {
		t.Run(name, func(t *testing.T) {
			keys := &srtp.Config{Profile: srtp.ProtectionProfile(profile)}
			n, err := keys.Profile.KeyLen()
			must(t, err)
			m, err := keys.Profile.SaltLen()
			must(t, err)
			keys.Keys.RemoteMasterKey, keys.Keys.RemoteMasterSalt = bytes.Repeat([]byte{7}, n), bytes.Repeat([]byte{9}, m)
			context := func() *srtp.Context {
				c, err := srtp.CreateContext(keys.Keys.RemoteMasterKey, keys.Keys.RemoteMasterSalt, keys.Profile, srtp.SRTCPReplayProtection(64))
				must(t, err)
				return c
			}
			client := context()
			o, err := newOpener(keys, context())
			must(t, err)
			report := func(ssrc byte) []byte { return []byte{0x80, 201, 0, 1, 0, 0, 0, ssrc} }
			seal := func(plain []byte) []byte {
				sealed, err := client.EncryptRTCP(nil, plain, nil)
				must(t, err)
				return sealed
			}
			open := func(sealed []byte, want Drop) {
				t.Helper()
				plain, reason := o.open(bytes.Clone(sealed))
				if reason != want || reason == DropCount && len(plain) < reportHeader {
					t.Fatalf("%x: %v, not %v", plain, reason, want)
				}
			}
			old := seal(report(1))
			sealed := make([][]byte, 64)
			for i := range sealed {
				sealed[i] = seal(report(1))
			}
			for _, i := range rand.Perm(len(sealed)) {
				open(sealed[i], DropCount)
				open(sealed[i], Replayed)
			}
			open(old, Replayed)
			open(seal(report(2)), DropCount)
			for len(o.sources) < maxIncoming {
				o.sources = append(o.sources, reporter{})
			}
			open(seal(report(1)), DropCount)
			open(seal(report(3)), TooManySources)
		})
	}
}
