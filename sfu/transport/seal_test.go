package transport

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	must(t, err)
	return b
}

// The vectors of RFC 3711, appendix B.3.
func TestSessionKeys(t *testing.T) {
	master, salt := unhex(t, "E1F97A0D3E018BE0D64FA32C06DE4139"), unhex(t, "0EC675AD498AFEEBB6960B3AABE6")
	for _, c := range []struct {
		label byte
		want  string
	}{
		{labelEncryption, "C61E7A93744F39EE10734AFE3FF7A087"},
		{labelSalt, "30CBBC08863D8C85D49DB34A9AE1"},
		{1, "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"}, // authentication
	} {
		want := unhex(t, c.want)
		if got, err := deriveKey(master, salt, c.label, len(want)); err != nil || string(got) != string(want) {
			t.Errorf("label %d: %x, %v", c.label, got, err)
		}
	}
}

// The vectors of RFC 7714, sections 16.1.1 and 16.2.1: a session key, its salt and one packet.
func TestASealedPacket(t *testing.T) {
	key := unhex(t, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")
	plain := unhex(t, "8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070 61727465 73207472 6573")
	for n, want := range map[int]string{
		16: "8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce",
		32: "8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3 b50b2a02 76ffae0f 1ba63799 b87b7aa3 db36dfff d6b0f9bb 7878d7a7 6c13",
	} {
		block, err := aes.NewCipher(key[:n])
		must(t, err)
		s := &sealer{tag: 16, salt: [12]byte(unhex(t, "51756964 2070726f 2071756f"))}
		s.gcm, err = cipher.NewGCM(block)
		must(t, err)
		packet := append(make([]byte, 0, len(plain)+16), plain...)
		if got, err := s.seal(packet, 12, 0x5501a0b2, 0xf17b); err != nil || string(got) != string(unhex(t, want)) {
			t.Errorf("AES-%d: %x, %v", n*8, got, err)
		}
	}
}

// outgoing is a stream of a slot, as a switching source writes it: numbers go on, jump, come late, again and around.
type outgoing struct {
	slot   *directSlot
	ssrc   uint32
	newest uint64
	again  uint64 // that was written
}

func (o *outgoing) next(dice *rand.Rand) uint64 {
	switch dice.IntN(12) {
	case 0:
		return o.newest - min(uint64(dice.IntN(1500)), o.newest) // late, or too late to tell
	case 1:
		return o.again
	case 2:
		return o.newest
	case 3:
		return o.newest + uint64(dice.IntN(1000)) // loss
	case 4:
		return o.newest + uint64(dice.IntN(20_000)) // another source
	}
	return o.newest + 1
}

// Over any history of several streams under one key, no nonce is used twice, and what is sealed the client opens, each packet once.
func TestNothingIsSealedTwice(t *testing.T) {
	for name, profile := range profiles {
		t.Run(name, func(t *testing.T) {
			receiver, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
			must(t, err)
			defer receiver.Close()
			d := open(t, "direct").(*Direct)
			s := sealedSlot(t, d, srtp.ProtectionProfile(profile), receiver.LocalAddr().(*net.UDPAddr).AddrPort())
			streams := []*outgoing{
				{slot: s, ssrc: s.ssrc, newest: 65_000}, {slot: s, ssrc: s.rtx, newest: 3},
				{slot: &directSlot{conn: s.conn, ssrc: 1 << 31}, ssrc: 1 << 31, newest: 40_000},
			}
			key, salt := make([]byte, 32), make([]byte, 14)
			n, err := srtp.ProtectionProfile(profile).KeyLen()
			must(t, err)
			m, err := srtp.ProtectionProfile(profile).SaltLen()
			must(t, err)
			client, err := srtp.CreateContext(key[:n], salt[:m], srtp.ProtectionProfile(profile), srtp.SRTPReplayProtection(1<<16))
			must(t, err)
			dice := rand.New(rand.NewPCG(7, 7))
			nonces := map[[12]byte]bool{}
			indexes := map[[2]uint64]bool{}
			sealer := s.conn.sealer.Load()
			buffer := make([]byte, 2048)
			var written, refused int
			for range 40_000 {
				o := streams[dice.IntN(len(streams))]
				number := o.next(dice)
				header := rtp.Header{Version: 2, PayloadType: 96, SSRC: o.ssrc, SequenceNumber: uint16(number), CSRC: make([]uint32, dice.IntN(3))}
				if dice.IntN(2) == 0 {
					must(t, header.SetExtension(1, []byte("mid")))
				}
				if dice.IntN(3) == 0 {
					header.Padding, header.PaddingSize = true, byte(1+dice.IntN(5))
				}
				payload := fmt.Appendf(nil, "%d", number)
				err := o.slot.WriteRTP(&header, payload)
				o.newest = max(o.newest, number)
				if errors.Is(err, ErrIndexUsed) {
					if o.newest-number < 1000 && !indexes[[2]uint64{uint64(o.ssrc), number}] {
						t.Fatalf("%d of %d was refused, and not sealed before", number, o.ssrc)
					}
					refused++
					continue
				}
				must(t, err)
				written++
				o.again = number
				if id := [2]uint64{uint64(o.ssrc), number}; indexes[id] {
					t.Fatalf("%d of %d was sealed twice", number, o.ssrc)
				} else {
					indexes[id] = true
				}
				if sealer.gcm != nil {
					if nonces[sealer.nonce] {
						t.Fatalf("a nonce was used twice, with %d of %d", number, o.ssrc)
					}
					nonces[sealer.nonce] = true
				}
				must(t, receiver.SetReadDeadline(time.Now().Add(10*time.Second)))
				n, err := receiver.Read(buffer)
				must(t, err)
				plain, err := client.DecryptRTP(nil, buffer[:n], nil)
				if err != nil {
					t.Fatalf("%d of %d cannot be opened: %v", number, o.ssrc, err)
				}
				var p rtp.Packet
				if err := p.Unmarshal(plain); err != nil || string(p.Payload) != string(payload) || p.PaddingSize != header.PaddingSize || len(p.CSRC) != len(header.CSRC) {
					t.Fatalf("%v was opened as %v: %v", header, p, err)
				}
			}
			for _, o := range streams {
				if o.newest < 10<<16 {
					t.Errorf("the numbers of %d went around %d times only", o.ssrc, o.newest>>16)
				}
			}
			if written < 20_000 || refused < 2_000 {
				t.Errorf("%d packets were written and %d refused", written, refused)
			}
		})
	}
}

// A packet that no path carries uses up no number.
func TestTooLongAPacket(t *testing.T) {
	d := open(t, "direct").(*Direct)
	for name, profile := range profiles {
		s := sealedSlot(t, d, srtp.ProtectionProfile(profile), nobody(t))
		room := maxPacket - 12 - s.conn.sealer.Load().tag
		header := rtp.Header{Version: 2, SSRC: s.ssrc, SequenceNumber: 1}
		if err := s.WriteRTP(&header, make([]byte, room+1)); !errors.Is(err, ErrTooLong) {
			t.Errorf("%s: %v", name, err)
		}
		padded := header
		padded.Padding, padded.PaddingSize = true, 200
		if err := s.WriteRTP(&padded, make([]byte, room-199)); !errors.Is(err, ErrTooLong) {
			t.Errorf("%s: with padding: %v", name, err)
		}
		if err := s.WriteRTP(&header, make([]byte, room)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Before the handshake there is nothing to seal with.
func TestNothingIsSentUnsealed(t *testing.T) {
	d := open(t, "direct").(*Direct)
	r := newRaw(t, d)
	r.offer(microphone, soundSlot)
	slot := r.answer.Slots[0]
	header := rtp.Header{Version: 2, SSRC: slot.SSRC, SequenceNumber: binary.MaxVarintLen16}
	for range 2 { // without and with a path
		if err := slot.Out.WriteRTP(&header, nil); !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
		if err := r.conn.WriteRTCP(nil); !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
		r.check(r.line)
	}
	if n := len(r.line.media) + len(r.line.reports); n > 0 {
		t.Errorf("%d packets came", n)
	}
}
