package simulator

import (
	"fmt"
	"net/http"
	"time"
)

// faultJSON is a Fault on the wire.
type faultJSON struct {
	Call       string `json:"call"`
	CorpID     string `json:"corpid,omitempty"`
	AgentID    int    `json:"agentid,omitempty"`
	User       string `json:"user,omitempty"`
	Latency    string `json:"latency,omitempty"` // a Go duration: 300ms, 1m30s
	ErrCode    int    `json:"errcode,omitempty"`
	ErrMsg     string `json:"errmsg,omitempty"`
	HTTPStatus int    `json:"http_status,omitempty"`
	Action     string `json:"action,omitempty"`
	Times      int    `json:"times"`
}

type faultList struct {
	Faults []faultJSON `json:"faults"`
}

func getFaults(s *WeCom, r *http.Request) (any, error) {
	if err := noQuery(r); err != nil {
		return nil, err
	}
	list := faultList{Faults: []faultJSON{}}
	for _, f := range s.Faults() {
		line := faultJSON{
			Call: f.Call, CorpID: f.CorpID, AgentID: f.AgentID, User: f.User,
			ErrCode: f.ErrCode, ErrMsg: f.ErrMsg, HTTPStatus: f.HTTPStatus, Action: string(f.Action), Times: f.Times,
		}
		if f.Latency > 0 {
			line.Latency = f.Latency.String()
		}
		list.Faults = append(list.Faults, line)
	}
	return list, nil
}

// putFaults replaces all faults and answers as GET does.
func putFaults(s *WeCom, r *http.Request) (any, error) {
	if err := noQuery(r); err != nil {
		return nil, err
	}
	var wanted struct {
		Faults *[]faultJSON `json:"faults"`
	}
	if err := readControl(r, &wanted); err != nil {
		return nil, err
	}
	if wanted.Faults == nil {
		return nil, fmt.Errorf(`faults is missing; {"faults":[]} removes all`)
	}
	var list []Fault
	for i, line := range *wanted.Faults {
		f := Fault{
			Call: line.Call, CorpID: line.CorpID, AgentID: line.AgentID, User: line.User,
			ErrCode: line.ErrCode, ErrMsg: line.ErrMsg, HTTPStatus: line.HTTPStatus, Action: Action(line.Action), Times: line.Times,
		}
		if line.Latency != "" {
			d, err := time.ParseDuration(line.Latency)
			if err != nil {
				return nil, fmt.Errorf("faults[%d]: latency %q is not a duration such as 300ms or 1m30s", i, line.Latency)
			}
			f.Latency = d
		}
		list = append(list, f)
	}
	if err := s.SetFaults(list); err != nil {
		return nil, err
	}
	return getFaults(s, r)
}
