{{/* What both programs have in common; nothing of it can be switched off by values. */}}
{{- define "cleanroom.labels" -}}
app.kubernetes.io/name: cleanroom
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{- define "cleanroom.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{ toJson . }}
{{- end }}
{{- end }}

{{- define "cleanroom.container" -}}
image: {{ .Values.image | quote }}
imagePullPolicy: {{ .Values.imagePullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{- define "cleanroom.mounts" -}}
- {name: data, mountPath: /data}
- {name: cache, mountPath: /cache}
- {name: tmp, mountPath: /tmp}
{{- end }}

{{- define "cleanroom.volumes" -}}
- {name: cache, emptyDir: {}}
- {name: tmp, emptyDir: {}}
{{- end }}

{{- define "cleanroom.claim" -}}
- metadata: {name: data}
  spec:
    accessModes: [ReadWriteOnce]
    {{- with .storageClass }}
    storageClassName: {{ . | quote }}
    {{- end }}
    resources: {requests: {storage: {{ .storage | quote }}}}
{{- end }}

{{- define "cleanroom.environment" -}}
- {name: CLEANROOM_HOME, value: /data/home}
{{- range $name, $value := . }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end }}

{{/* Where a server's state is: empty for one server's own volume, or what several share. */}}
{{- define "cleanroom.shared" -}}
{{- $mediator := .Values.mediator }}
{{- $missing := list }}
{{- range list "keySecret" "store" "blobs" }}
{{- if not (get $mediator .) }}
{{- $missing = append $missing (printf "mediator.%s" .) }}
{{- end }}
{{- end }}
{{- $wanted := or (gt (int $mediator.replicas) 1) (lt (len $missing) 3) $mediator.storeSecret $mediator.blobsSecret }}
{{- if and $wanted $missing }}
{{- fail (printf "Servers that share their state need mediator.keySecret, mediator.store and mediator.blobs; one server alone needs none of them, and has one replica. Missing: %s." (join ", " $missing)) }}
{{- end }}
{{- if regexMatch "://[^/@]*:[^/@]*@|[?&]password=" $mediator.store }}
{{- fail "mediator.store holds a password: put it into the Secret that mediator.storeSecret names, as PGPASSWORD." }}
{{- end }}
{{- if $wanted }}shared{{ end }}
{{- end }}

{{- define "cleanroom.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- . | nindent 8 }}
{{- end }}
