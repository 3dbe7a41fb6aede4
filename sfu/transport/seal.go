package transport

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"

	"github.com/pion/srtp/v3"
)

// sealer encrypts and authenticates the RTP packets of one connection (RFC 3711; with AES-GCM, RFC 7714). One goroutine uses it.
type sealer struct {
	tag   int // bytes that a packet grows by
	gcm   cipher.AEAD
	salt  [12]byte
	nonce [12]byte // of the packet that is sealed; here, so that it is not allocated
	// context serves AES-CM with HMAC-SHA1, which only old clients choose.
	context *srtp.Context
	scratch []byte
}

// newSealer makes a sealer of the keys of a handshake.
func newSealer(keys *srtp.Config) (*sealer, error) {
	s := &sealer{}
	master, salt := keys.Keys.LocalMasterKey, keys.Keys.LocalMasterSalt
	var err error
	if isGCM(keys.Profile) {
		if s.gcm, s.salt, err = sessionCipher(master, salt, labelEncryption, labelSalt); err != nil {
			return nil, err
		}
		s.tag = s.gcm.Overhead()
		return s, nil
	}
	if s.context, err = srtp.CreateContext(master, salt, keys.Profile); err != nil {
		return nil, err
	}
	s.tag, err = keys.Profile.AuthTagRTPLen()
	return s, err
}

// isGCM tells whether a profile is one of AES-GCM.
func isGCM(p srtp.ProtectionProfile) bool {
	return p == srtp.ProtectionProfileAeadAes128Gcm || p == srtp.ProtectionProfileAeadAes256Gcm
}

// sessionCipher derives AES-GCM with its salt from a master key and a master salt.
func sessionCipher(master, salt []byte, encryption, salting byte) (gcm cipher.AEAD, derived [12]byte, err error) {
	key, err := deriveKey(master, salt, encryption, len(master))
	if err != nil {
		return nil, derived, err
	}
	nonce, err := deriveKey(master, salt, salting, len(derived))
	if err != nil {
		return nil, derived, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, derived, err
	}
	gcm, err = cipher.NewGCM(block)
	return gcm, [12]byte(nonce), err
}

// The labels of RFC 3711, section 4.3.2: for RTP, and for RTCP.
const (
	labelEncryption       = 0
	labelSalt             = 2
	labelReportEncryption = 3
	labelReportSalt       = 5
)

// deriveKey derives a session key of n bytes from a master key and a master salt, with a key derivation rate of 0 (RFC 3711, section 4.3.1
// and, for the salt of 12 bytes, RFC 7714, section 11).
func deriveKey(master, salt []byte, label byte, n int) ([]byte, error) {
	block, err := aes.NewCipher(master)
	if err != nil {
		return nil, err
	}
	var counter [aes.BlockSize]byte
	copy(counter[:], salt)
	counter[7] ^= label
	key := make([]byte, n)
	cipher.NewCTR(block, counter[:]).XORKeyStream(key, key)
	return key, nil
}

// seal seals a packet in place: its header of some bytes is authenticated, the rest encrypted. packet needs room for the tag behind its
// end. index is the SRTP index: the sequence number, extended by the roll-over counter.
func (s *sealer) seal(packet []byte, header int, ssrc uint32, index uint64) (sealed []byte, err error) {
	if s.gcm == nil {
		if s.scratch, err = s.context.EncryptRTP(s.scratch, packet, nil); err != nil {
			return nil, fmt.Errorf("transport: seal: %w", err)
		}
		return append(packet[:0], s.scratch...), nil
	}
	// RFC 7714, section 8.1.
	s.nonce = s.salt
	nonce := s.nonce[:]
	binary.BigEndian.PutUint32(nonce[2:], binary.BigEndian.Uint32(nonce[2:])^ssrc)
	binary.BigEndian.PutUint32(nonce[6:], binary.BigEndian.Uint32(nonce[6:])^uint32(index>>16))
	binary.BigEndian.PutUint16(nonce[10:], binary.BigEndian.Uint16(nonce[10:])^uint16(index))
	return s.gcm.Seal(packet[:header], nonce, packet[header:], packet[:header]), nil
}
