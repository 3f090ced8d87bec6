package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

type healthOutput struct {
	Body struct {
		Status string `json:"status" enum:"ok"`
	} `nameHint:"Health"`
}

func (a *API) registerHealth() {
	if a.Metrics != nil {
		a.routes.HandleFunc("GET /metrics", a.Metrics.ServeHTTP)
	}
	register(a, operation{Operation: huma.Operation{
		OperationID: "healthz", Method: http.MethodGet, Path: "/healthz", Tags: []string{"Health"},
		Summary: "Is the process up?",
	}}, func(context.Context, *caller, *struct{}) (*healthOutput, error) {
		return healthy(), nil
	})
	register(a, operation{Operation: huma.Operation{
		OperationID: "readyz", Method: http.MethodGet, Path: "/readyz", Tags: []string{"Health"},
		Summary: "Can messages be taken?", Description: "503 with the reason if they cannot.", Errors: []int{503},
	}}, func(ctx context.Context, _ *caller, _ *struct{}) (*healthOutput, error) {
		err := a.Ready(ctx)
		switch {
		case err == nil:
			return healthy(), nil
		case errors.Is(err, delivery.ErrStorage):
			return nil, &fault{is: problemStorage, detail: err.Error()}
		case errors.Is(err, delivery.ErrClosed):
			return nil, &fault{is: problemStopping}
		}
		a.Log.WarnContext(ctx, "not ready", "error", err)
		return nil, &fault{is: problemNotReady}
	})
}

func healthy() *healthOutput {
	out := &healthOutput{}
	out.Body.Status = "ok"
	return out
}
