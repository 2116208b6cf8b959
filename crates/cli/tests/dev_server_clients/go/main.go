// This program uses a development server with client-go, the official client for Go. KUBECONFIG names the server. The
// program exits with 1 and a sentence if the server does not behave like a kube-apiserver.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	authentication "k8s.io/api/authentication/v1"
	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

// testTimeout is the longest that one run of follow may take.
const testTimeout = 20 * time.Second

func main() {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		fail("configuration", err)
	}
	protobuf := rest.CopyConfig(config)
	protobuf.ContentType = "application/vnd.kubernetes.protobuf"
	protobuf.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
	for namespace, config := range map[string]*rest.Config{"go-json": config, "go-protobuf": protobuf} {
		if err := follow(config, namespace); err != nil {
			fail(namespace, err)
		}
	}
	fmt.Println("ok")
}

func fail(where string, err error) {
	fmt.Fprintf(os.Stderr, "%s: %v\n", where, err)
	os.Exit(1)
}

// follow creates and deletes a pod. It observes the pod with an informer, and reviews a token that is bound to the pod.
func follow(config *rest.Config, namespace string) error {
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
	defer cancel()
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	object := meta.ObjectMeta{Name: namespace}
	if _, err := client.CoreV1().Namespaces().Create(ctx, &core.Namespace{ObjectMeta: object}, meta.CreateOptions{}); err != nil {
		return err
	}
	accounts, pods := client.CoreV1().ServiceAccounts(namespace), client.CoreV1().Pods(namespace)
	account := &core.ServiceAccount{ObjectMeta: meta.ObjectMeta{Name: "app"}}
	if _, err := accounts.Create(ctx, account, meta.CreateOptions{}); err != nil {
		return err
	}

	events := make(chan string, 64)
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace(namespace))
	informer := factory.Core().V1().Pods()
	tell := func(what string, object any) { events <- what + " " + object.(*core.Pod).Name }
	if _, err := informer.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { tell("added", object) },
		UpdateFunc: func(_, object any) { tell("updated", object) },
		DeleteFunc: func(object any) { tell("deleted", object) },
	}); err != nil {
		return err
	}
	factory.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), informer.Informer().HasSynced) {
		return errors.New("the informer does not sync")
	}

	pod, err := pods.Create(ctx, &core.Pod{
		ObjectMeta: meta.ObjectMeta{Name: "web"},
		Spec: core.PodSpec{
			ServiceAccountName: "app",
			Containers:         []core.Container{{Name: "web", Image: "registry.example.com/web"}},
		},
	}, meta.CreateOptions{})
	if err != nil {
		return err
	}
	if err := expect(ctx, events, "added web"); err != nil {
		return err
	}
	pod.Labels = map[string]string{"tier": "front"}
	if _, err := pods.Update(ctx, pod, meta.UpdateOptions{}); err != nil {
		return err
	}
	if err := expect(ctx, events, "updated web"); err != nil {
		return err
	}
	if seen, err := informer.Lister().Pods(namespace).Get("web"); err != nil || seen.Labels["tier"] != "front" {
		return fmt.Errorf("the informer knows %v, %v", seen, err)
	}

	seconds := int64(900)
	request := &authentication.TokenRequest{Spec: authentication.TokenRequestSpec{
		Audiences:         []string{"vault"},
		ExpirationSeconds: &seconds,
		BoundObjectRef:    &authentication.BoundObjectReference{Kind: "Pod", APIVersion: "v1", Name: "web", UID: pod.UID},
	}}
	issued, err := accounts.CreateToken(ctx, "app", request, meta.CreateOptions{})
	if err != nil {
		return err
	}
	if left := time.Until(issued.Status.ExpirationTimestamp.Time); left < 890*time.Second || left > 900*time.Second {
		return fmt.Errorf("the token lives for %v", left)
	}
	request.Spec.BoundObjectRef.UID = "another"
	if _, err := accounts.CreateToken(ctx, "app", request, meta.CreateOptions{}); !apierrors.IsConflict(err) {
		return fmt.Errorf("a wrong uid is answered with %v", err)
	}
	if _, err := accounts.CreateToken(ctx, "missing", request, meta.CreateOptions{}); !apierrors.IsNotFound(err) {
		return fmt.Errorf("a missing service account is answered with %v", err)
	}

	review := &authentication.TokenReview{
		Spec: authentication.TokenReviewSpec{Token: issued.Status.Token, Audiences: []string{"vault"}},
	}
	reviews := client.AuthenticationV1().TokenReviews()
	verdict, err := reviews.Create(ctx, review, meta.CreateOptions{})
	if err != nil {
		return err
	}
	user := verdict.Status.User
	if !verdict.Status.Authenticated || user.Username != "system:serviceaccount:"+namespace+":app" ||
		user.Extra["authentication.kubernetes.io/pod-name"][0] != "web" {
		return fmt.Errorf("the token of a pod that lives is judged %+v", verdict.Status)
	}

	now := int64(0)
	if err := pods.Delete(ctx, "web", meta.DeleteOptions{GracePeriodSeconds: &now}); err != nil {
		return err
	}
	if err := expect(ctx, events, "deleted web"); err != nil {
		return err
	}
	verdict, err = reviews.Create(ctx, review, meta.CreateOptions{})
	if err != nil {
		return err
	}
	if verdict.Status.Authenticated || !strings.Contains(verdict.Status.Error, "has been invalidated") {
		return fmt.Errorf("the token of a pod that is gone is judged %+v", verdict.Status)
	}
	return nil
}

// expect waits for an event. It skips updates before the event, because a deletion starts with a deletionTimestamp.
func expect(ctx context.Context, events <-chan string, expected string) error {
	for {
		select {
		case event := <-events:
			if event == expected {
				return nil
			}
			if !strings.HasPrefix(event, "updated ") {
				return fmt.Errorf("%s instead of %s", event, expected)
			}
		case <-ctx.Done():
			return fmt.Errorf("no event: %s", expected)
		}
	}
}
